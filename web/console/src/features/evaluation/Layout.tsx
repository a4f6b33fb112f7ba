import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useT } from "@/app/i18n";
import "../settings/settings.css";
import "./evaluation.css";

const ENTRIES = [
  { key: "sets", to: "/evaluation", here: /\/evaluation\/?$|\/evaluation\/(sets|runs|compare)\// },
  { key: "shadow", to: "/evaluation/shadow", here: /\/evaluation\/shadow/ },
  { key: "gate", to: "/evaluation/gate", here: /\/evaluation\/gate/ },
];

export default function EvaluationLayout() {
  const t = useT("evaluation");
  const { pathname } = useLocation();
  return (
    <div className="qs-layout">
      <nav className="qs-nav" aria-label={t("nav.title")}>
        <div className="qs-nav-title">{t("nav.title")}</div>
        <div className="qs-nav-group">
          {ENTRIES.map((entry) => {
            const here = entry.here.test(pathname);
            return (
              <Link
                key={entry.key}
                to={entry.to as string}
                className={here ? "qs-here" : ""}
                aria-current={here ? "page" : undefined}
              >
                {t(`nav.${entry.key}`)}
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
