import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import type { Permission } from "@/api/types";
import { useT } from "@/app/i18n";
import { meQuery } from "@/app/session";
import "./settings.css";

interface Entry {
  key: string;
  path: string;
  permissions: Permission[];
}

export const SECTIONS: { key: string; entries: Entry[] }[] = [
  {
    key: "team",
    entries: [
      { key: "users", path: "users", permissions: ["users.manage"] },
      { key: "roles", path: "roles", permissions: ["roles.manage", "users.manage"] },
      { key: "departments", path: "departments", permissions: ["users.manage", "settings.manage"] },
    ],
  },
  {
    key: "routing",
    entries: [
      { key: "queues", path: "queues", permissions: ["queues.manage"] },
      { key: "skills", path: "skills", permissions: ["queues.manage"] },
      { key: "hours", path: "hours", permissions: ["queues.manage", "settings.manage"] },
      { key: "lists", path: "lists", permissions: ["queues.manage"] },
    ],
  },
  {
    key: "channels",
    entries: [
      { key: "inboxes", path: "inboxes", permissions: ["inboxes.manage"] },
      { key: "bot", path: "bot", permissions: ["settings.manage", "knowledge.edit"] },
      { key: "certainty", path: "certainty", permissions: ["settings.manage", "knowledge.edit"] },
      { key: "words", path: "words", permissions: ["settings.manage", "knowledge.edit"] },
      { key: "helpcenter", path: "helpcenter", permissions: ["settings.manage", "knowledge.edit"] },
      { key: "models", path: "models", permissions: ["settings.manage"] },
      { key: "canned", path: "canned", permissions: ["conversations.handle", "canned.edit"] },
    ],
  },
  {
    key: "tickets",
    entries: [
      { key: "ticketTypes", path: "ticket-types", permissions: ["tickets.manage"] },
      { key: "sla", path: "sla", permissions: ["sla.manage"] },
      { key: "procedures", path: "procedures", permissions: ["sop.manage"] },
      { key: "automation", path: "automation", permissions: ["automation.manage"] },
      {
        key: "macros",
        path: "macros",
        permissions: ["tickets.handle", "conversations.handle", "automation.manage"],
      },
    ],
  },
  {
    key: "system",
    entries: [
      { key: "workspace", path: "workspace", permissions: ["settings.manage"] },
      { key: "audit", path: "audit", permissions: ["audit.view"] },
      { key: "operations", path: "operations", permissions: ["operations.view"] },
    ],
  },
];

export const ALL_PERMISSIONS: Permission[] = [
  ...new Set(SECTIONS.flatMap((section) => section.entries.flatMap((entry) => entry.permissions))),
];

export function useSections() {
  const me = useQuery(meQuery).data;
  return SECTIONS.map((section) => ({
    ...section,
    entries: section.entries.filter((entry) => entry.permissions.some((p) => me?.permissions.includes(p))),
  })).filter((section) => section.entries.length > 0);
}

export default function SettingsLayout() {
  const t = useT("settings");
  const sections = useSections();
  const { pathname } = useLocation();
  return (
    <div className="qs-layout">
      <nav className="qs-nav" aria-label={t("nav.title")}>
        <div className="qs-nav-title">{t("nav.title")}</div>
        {sections.map((section) => (
          <div key={section.key} className="qs-nav-group">
            <h2>{t(`nav.${section.key}`)}</h2>
            {section.entries.map((entry) => {
              const to = `/settings/${entry.path}`;
              const here = pathname.replace(/^\/console/, "").startsWith(to);
              return (
                <Link
                  key={entry.key}
                  to={to}
                  className={here ? "qs-here" : ""}
                  aria-current={here ? "page" : undefined}
                >
                  {t(`nav.${entry.key}`)}
                </Link>
              );
            })}
          </div>
        ))}
      </nav>
      <div className="qs-main">
        <Outlet />
      </div>
    </div>
  );
}
