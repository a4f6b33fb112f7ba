import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Badge, Tooltip } from "antd";
import { CircleHelp, Search } from "lucide-react";
import { Suspense, useEffect } from "react";
import { ErrorBoundary, LoadingState } from "@/ui/states";
import { type Feature, features, type NavItem } from "./feature";
import { useLocale, useT } from "./i18n";
import { Logo } from "./Logo";
import { useCan, useMe } from "./session";
import { MOD } from "./shortcuts";
import { useShellUi } from "./ui";
import "./shell.css";

const items = features
  .flatMap((feature) => (feature.nav ?? []).map((item) => ({ feature, item })))
  .sort((a, b) => a.item.order - b.item.order);

const noBadge = () => 0;

function RailLink({ feature, item }: { feature: Feature; item: NavItem }) {
  const t = useT(feature.id);
  const path = useRouterState({ select: (s) => s.location.pathname });
  const visible = useCan(...(item.permissions ?? []));
  const count = (item.useBadge ?? noBadge)();
  if (!visible) return null;
  const root = `/${item.path.split("/")[1]}`;
  const active = path === root || path.startsWith(`${root}/`);
  const Icon = item.icon;
  return (
    <Link
      to={item.path as string}
      className={`q-rail__item ${active ? "q-rail__item--active" : ""}`}
      aria-current={active ? "page" : undefined}
    >
      <Badge count={count} size="small" offset={[4, -1]}>
        <Icon size={20} strokeWidth={1.7} aria-hidden />
      </Badge>
      <span>{t(item.labelKey)}</span>
    </Link>
  );
}

export default function Shell() {
  const t = useT();
  const locale = useLocale();
  const me = useMe();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const waiting = useShellUi((s) => s.waiting);
  const open = useShellUi((s) => s.set);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the name is in the reader's language.
  useEffect(() => {
    const title = `${me.workspace.name} · ${t("name")}`;
    document.title = waiting > 0 ? t("notify.title_badge", { n: waiting, title }) : title;
  }, [waiting, me.workspace.name, locale]);

  return (
    <div className="q-shell">
      <a className="q-skip" href="#content">
        {t("skip_to_content")}
      </a>
      <nav className="q-rail" aria-label={t("nav.label")}>
        <div className="q-rail__logo">
          <Logo size={30} />
        </div>
        {items
          .filter(({ item }) => item.order < 100)
          .map((entry) => (
            <RailLink key={entry.item.id} {...entry} />
          ))}
        <div className="q-rail__gap" />
        <Tooltip title={`${t("nav.palette")}  ${MOD}+K`} placement="right">
          <button
            type="button"
            className="q-rail__item q-rail__item--small"
            aria-label={t("nav.palette")}
            onClick={() => open({ palette: true })}
          >
            <Search size={18} strokeWidth={1.7} aria-hidden />
          </button>
        </Tooltip>
        <Tooltip title={`${t("nav.shortcuts")}  ?`} placement="right">
          <button
            type="button"
            className="q-rail__item q-rail__item--small"
            aria-label={t("nav.shortcuts")}
            onClick={() => open({ shortcuts: true })}
          >
            <CircleHelp size={18} strokeWidth={1.7} aria-hidden />
          </button>
        </Tooltip>
        {items
          .filter(({ item }) => item.order >= 100)
          .map((entry) => (
            <RailLink key={entry.item.id} {...entry} />
          ))}
      </nav>
      <div className="q-shell__main">
        <main id="content" className="q-shell__content" tabIndex={-1}>
          <ErrorBoundary resetKey={path}>
            <Suspense fallback={<LoadingState />}>
              <Outlet />
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
    </div>
  );
}
