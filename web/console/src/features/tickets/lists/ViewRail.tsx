import { Dropdown, Skeleton } from "antd";
import {
  AlarmClock,
  BellRing,
  Building2,
  CalendarClock,
  CheckCheck,
  Ellipsis,
  Eye,
  Filter,
  Hourglass,
  Inbox,
  Layers,
  type LucideIcon,
  User,
} from "lucide-react";
import { useLocale, useT } from "@/app/i18n";
import { integer } from "@/lib/format";
import { ErrorState } from "@/ui/states";
import { viewName } from "./model";
import type { Counted, Scope, View } from "./types";

const ICONS: Record<string, LucideIcon> = {
  mine: User,
  my_department_unassigned: Building2,
  waiting_for_customer: Hourglass,
  due_today: CalendarClock,
  breached: AlarmClock,
  open: Inbox,
  followed: Eye,
  recently_solved: CheckCheck,
  all: Layers,
};

export function countWords(counted: Counted | undefined, locale: "zh-CN" | "en"): string {
  if (!counted) return "";
  return `${integer(counted.count, locale)}${counted.more ? "+" : ""}`;
}

/** Views with how many tickets each holds; the shipped ones first, then shared ones, then one's own. */
export function ViewRail(props: {
  views: View[] | undefined;
  error: unknown;
  retry: () => void;
  counts: Record<string, Counted> | undefined;
  active: string | null;
  onOpen: (view: View) => void;
  onEdit: (view: View) => void;
  onRemove: (view: View) => void;
  onMove: (view: View, by: -1 | 1) => void;
}) {
  const t = useT("tickets/lists");
  const locale = useLocale();
  if (props.error && !props.views)
    return (
      <nav className="ql-rail">
        <ErrorState error={props.error} retry={props.retry} compact />
      </nav>
    );
  if (!props.views)
    return (
      <nav className="ql-rail" aria-label={t("views")}>
        <Skeleton active title={false} paragraph={{ rows: 8 }} />
      </nav>
    );
  const order: Scope[] = ["everyone", "department", "own"];
  return (
    <nav className="ql-rail" aria-label={t("views")}>
      {order.map((scope) => {
        const list = props.views?.filter((view) => view.scope === scope) ?? [];
        if (!list.length) return null;
        return (
          <section key={scope}>
            <h2 className="ql-rail__head">{t(`scope.${scope}`)}</h2>
            <ul>
              {list.map((view, index) => {
                const Icon = (view.shipped && ICONS[view.shipped]) || (scope === "own" ? Filter : BellRing);
                const on = view.id === props.active;
                return (
                  <li key={view.id} className={on ? "ql-view ql-view--on" : "ql-view"}>
                    <button
                      type="button"
                      className="ql-view__open"
                      aria-current={on ? "page" : undefined}
                      title={view.owner && scope !== "own" ? t("by", { name: view.owner }) : undefined}
                      onClick={() => props.onOpen(view)}
                    >
                      <Icon size={15} strokeWidth={1.8} aria-hidden />
                      <span className="q-ellipsis">{viewName(view, t)}</span>
                      <span className="ql-view__n q-num">{countWords(props.counts?.[view.id], locale)}</span>
                    </button>
                    {view.may_edit && !view.shipped ? (
                      <Dropdown
                        trigger={["click"]}
                        menu={{
                          items: [
                            { key: "edit", label: t("rename"), onClick: () => props.onEdit(view) },
                            {
                              key: "up",
                              label: t("move_up"),
                              disabled: index === 0,
                              onClick: () => props.onMove(view, -1),
                            },
                            {
                              key: "down",
                              label: t("move_down"),
                              disabled: index === list.length - 1,
                              onClick: () => props.onMove(view, 1),
                            },
                            {
                              key: "remove",
                              label: t("remove"),
                              danger: true,
                              onClick: () => props.onRemove(view),
                            },
                          ],
                        }}
                      >
                        <button
                          type="button"
                          className="q-icon-btn ql-view__more"
                          aria-label={t("more_of", { name: view.name })}
                        >
                          <Ellipsis size={15} aria-hidden />
                        </button>
                      </Dropdown>
                    ) : null}
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}
