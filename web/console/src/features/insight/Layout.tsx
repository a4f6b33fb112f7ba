import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import "../settings/settings.css";
import "./insight.css";

export default function InsightLayout() {
  const t = useT("insight");
  const { pathname } = useLocation();
  const wall = useCan("wallboard.view");
  const reports = useCan("reports.view");
  const entries = [...(wall ? ["wallboard", "agents"] : []), ...(reports ? ["ratings"] : [])];
  return (
    <div className="qs-layout">
      <nav className="qs-nav" aria-label={t("nav.title")}>
        <div className="qs-nav-title">{t("nav.title")}</div>
        <div className="qs-nav-group">
          {entries.map((entry) => {
            const here = pathname.includes(`/insight/${entry}`);
            return (
              <Link
                key={entry}
                to={`/insight/${entry}` as string}
                className={here ? "qs-here" : ""}
                aria-current={here ? "page" : undefined}
              >
                {t(`nav.${entry}`)}
              </Link>
            );
          })}
        </div>
      </nav>
      <div className="qs-main">
        <Outlet />
      </div>
    </div>
  );
}
