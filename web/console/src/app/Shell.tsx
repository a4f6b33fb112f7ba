import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Badge, Tooltip } from "antd";
import { CircleHelp, Search } from "lucide-react";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { useRealtime } from "@/realtime/live";
import { ErrorBoundary, LoadingState } from "@/ui/states";
import { Bell } from "./bell/Bell";
import { ConnectionBanner } from "./ConnectionBanner";
import { type Feature, features, type NavItem } from "./feature";
import { currentLocale, matchLocale, setLocale, translate, useLocale, useT } from "./i18n";
import { Logo } from "./Logo";
import { type ThemeChoice, usePrefs } from "./prefs";
import { PresenceMenu } from "./presence/PresenceMenu";
import { sessionEnded, useGo } from "./router";
import { can, useCan, useMe } from "./session";
import { MOD, useShortcutListener, useShortcuts } from "./shortcuts";
import { ShortcutOverlay } from "./shortcuts/Overlay";
import { useShellUi } from "./ui";
import "./shell.css";

const items = features
  .flatMap((feature) => (feature.nav ?? []).map((item) => ({ feature, item })))
  .sort((a, b) => a.item.order - b.item.order);

const overlays = features.flatMap((f): ComponentType[] => (f.overlay ? [lazy(f.overlay)] : []));
const fetchPalette = () => import("./palette/Palette");
const Palette = lazy(fetchPalette);
const ProfileDrawer = lazy(() => import("./profile/ProfileDrawer"));

const noBadge = () => 0;

/** What the account remembers wins over what this browser had. */
function useAccountPrefs(): void {
  const me = useMe();
  const set = usePrefs((p) => p.set);
  // Once per sign-in; later changes start here anyway.
  useEffect(() => {
    const { theme, settings, locale } = me.user;
    set({
      ...(theme ? { theme: theme as ThemeChoice } : {}),
      ...(settings?.density ? { density: settings.density } : {}),
      ...(typeof settings?.send_on_enter === "boolean" ? { sendOnEnter: settings.send_on_enter } : {}),
      ...(typeof settings?.sound === "boolean" ? { sound: settings.sound } : {}),
      ...(typeof settings?.notifications === "boolean" ? { notifications: settings.notifications } : {}),
    });
    const known = matchLocale(locale);
    if (known && known !== currentLocale() && !sessionStorage.getItem("qiao.locale.chosen"))
      void setLocale(known);
  }, [me.user.id]);
}

const rootOf = (item: NavItem) => `/${item.path.split("/")[1]}`;

function RailLink({ feature, item }: { feature: Feature; item: NavItem }) {
  const t = useT(feature.id);
  const path = useRouterState({ select: (s) => s.location.pathname });
  const me = useMe();
  const visible = useCan(...(item.permissions ?? []));
  const count = (item.useBadge ?? noBadge)();
  if (!visible) return null;
  const here = `/${path.split("/")[1]}`;
  // Pages that belong to another one's item are this one's for those who do not have that item.
  const another = items.some(
    (one) =>
      rootOf(one.item) === here && (!one.item.permissions || one.item.permissions.some((p) => can(me, p))),
  );
  const active = rootOf(item) === here || (!another && (item.also ?? []).includes(here));
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

  useEffect(() => {
    const title = `${me.workspace.name} · ${t("name")}`;
    document.title = waiting > 0 ? t("notify.title_badge", { n: waiting, title }) : title;
  }, [waiting, me.workspace.name, locale]);

  useAccountPrefs();
  const go = useGo();
  useRealtime(me.user.id, sessionEnded);
  useShortcutListener();
  useShortcuts([
    {
      keys: "mod+k",
      group: "general",
      label: t("shortcuts.palette"),
      inFields: true,
      run: () => open({ palette: true }),
    },
    { keys: "?", group: "general", label: t("shortcuts.help"), run: () => open({ shortcuts: true }) },
    { keys: "Escape", group: "general", label: t("shortcuts.close"), passive: true, run: () => {} },
    ...items
      .filter(({ item }) => item.go && (!item.permissions || item.permissions.some((p) => can(me, p))))
      .map(({ feature, item }) => ({
        keys: `g ${item.go}`,
        group: "go" as const,
        label: translate(`${feature.id}:${item.labelKey}`),
        run: () => go(item.path),
      })),
  ]);
  const overlay = useShellUi();
  // There before it is asked for: whoever presses the keys types on at once.
  useEffect(() => {
    const soon = setTimeout(() => void fetchPalette().catch(() => undefined), 1500);
    return () => clearTimeout(soon);
  }, []);

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
        <Bell />
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
        <PresenceMenu />
      </nav>
      <div className="q-shell__main">
        <ConnectionBanner />
        <main id="content" className="q-shell__content" tabIndex={-1}>
          <ErrorBoundary resetKey={path}>
            <Suspense fallback={<LoadingState />}>
              <Outlet />
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <ShortcutOverlay />
      <Suspense fallback={null}>
        {overlay.palette ? <Palette /> : null}
        {overlay.profile ? <ProfileDrawer /> : null}
        {overlays.map((Overlay, index) => (
          <Overlay key={index} />
        ))}
      </Suspense>
    </div>
  );
}
