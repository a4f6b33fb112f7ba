import { Badge, Dropdown, type MenuProps, Popover, Select } from "antd";
import { ArrowDownWideNarrow, ChevronDown, ListFilter as FilterIcon } from "lucide-react";
import { useGet } from "@/api/hooks";
import type { DirectoryEntry, QueueLive } from "@/api/types";
import { useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import type { Sort, View } from "@/realtime/reducers";
import { type Counts, useCounts } from "../badge";
import { useInbox } from "../state";
import { defaultSort, MORE, parseView, TABS } from "../views";

function countOf(counts: Counts | undefined, view: View): number | null {
  if (!counts) return null;
  const value = (counts as unknown as Record<string, number | undefined>)[view];
  return typeof value === "number" ? value : null;
}

export function useQueuesLive(enabled = true) {
  const query = useGet<QueueLive[] | { items: QueueLive[] }>("/queues/live", undefined, { enabled });
  return query.data ? listOf(query.data) : [];
}

const SORTS: Sort[] = ["recent", "waiting", "priority", "oldest"];

export function ListHeader(props: {
  viewParam: string;
  tags: string[];
  inboxes: { id: string; name: string }[];
}) {
  const t = useT("inbox");
  const go = useGo();
  const counts = useCounts().data;
  const queues = useQueuesLive();
  const all = useCan("conversations.view_all");
  const handles = useCan("conversations.handle");
  const choices = useInbox((s) => s.choices);
  const setChoices = useInbox((s) => s.setChoices);
  const { view, queueId } = parseView(props.viewParam);
  const directory = useGet<DirectoryEntry[] | { items: DirectoryEntry[] }>("/directory", undefined, {
    staleTime: 60_000,
    enabled: all,
  });
  const inMore = MORE.includes(view) || queueId !== null;
  const queueName = queues.find((q) => q.queue.id === queueId)?.queue.name;
  const sort = choices.sort ?? defaultSort(view);
  const filters = [choices.inboxId, choices.tag, choices.assigneeId].filter(Boolean).length;

  const more: MenuProps["items"] = [
    ...MORE.filter((v) => v !== "joined" || handles).map((v) => ({
      key: v,
      label: (
        <span className="q-menu-row">
          {t(`view.${v}`)}
          <span className="q-muted q-num">{countOf(counts, v) ?? ""}</span>
        </span>
      ),
    })),
    ...(queues.length
      ? [
          { type: "divider" as const },
          {
            type: "group" as const,
            label: t("queues"),
            children: queues.map((q) => ({
              key: `queue:${q.queue.id}`,
              label: (
                <span className="q-menu-row">
                  {q.queue.name}
                  <span className="q-muted q-num">{q.waiting || ""}</span>
                </span>
              ),
            })),
          },
        ]
      : []),
  ];

  return (
    <div className="q-list__head">
      <nav className="q-tabs" aria-label={t("views")}>
        {TABS.filter((v) => v !== "mine" || handles).map((v) => {
          const active = view === v && !queueId;
          const count = countOf(counts, v);
          return (
            <button
              key={v}
              type="button"
              aria-current={active ? "page" : undefined}
              className={`q-tab ${active ? "q-tab--on" : ""}`}
              onClick={() => go(`/inbox/${v}`)}
            >
              {t(`view.${v}`)}
              {count ? <span className={`q-tab__count q-num q-tab__count--${v}`}>{count}</span> : null}
            </button>
          );
        })}
        <Dropdown
          trigger={["click"]}
          menu={{ items: more, selectedKeys: [props.viewParam], onClick: ({ key }) => go(`/inbox/${key}`) }}
        >
          <button type="button" className={`q-tab ${inMore ? "q-tab--on" : ""}`} aria-haspopup="menu">
            <span className="q-ellipsis">
              {queueId ? (queueName ?? t("queues")) : inMore ? t(`view.${view}`) : t("more")}
            </span>
            <ChevronDown size={14} aria-hidden />
          </button>
        </Dropdown>
      </nav>
      <div className="q-list__tools">
        <Dropdown
          trigger={["click"]}
          menu={{
            selectable: true,
            selectedKeys: [sort],
            items: SORTS.map((s) => ({ key: s, label: t(`sort.${s}`) })),
            onClick: ({ key }) => setChoices({ sort: key as Sort }),
          }}
        >
          <button type="button" className="q-tool" aria-haspopup="menu">
            <ArrowDownWideNarrow size={15} aria-hidden />
            {t(`sort.${sort}`)}
          </button>
        </Dropdown>
        <Popover
          trigger="click"
          placement="bottomRight"
          arrow={false}
          content={
            <div className="q-filters">
              <label htmlFor="q-f-inbox">{t("filter.inbox")}</label>
              <Select
                id="q-f-inbox"
                allowClear
                value={choices.inboxId}
                placeholder={t("all")}
                onChange={(value) => setChoices({ inboxId: value ?? null })}
                options={props.inboxes.map((i) => ({ value: i.id, label: i.name }))}
              />
              <label htmlFor="q-f-tag">{t("filter.tag")}</label>
              <Select
                id="q-f-tag"
                allowClear
                showSearch
                value={choices.tag}
                placeholder={t("all")}
                onChange={(value) => setChoices({ tag: value ?? null })}
                options={props.tags.map((tag) => ({ value: tag, label: tag }))}
              />
              {all ? (
                <>
                  <label htmlFor="q-f-agent">{t("filter.assignee")}</label>
                  <Select
                    id="q-f-agent"
                    allowClear
                    showSearch
                    optionFilterProp="label"
                    value={choices.assigneeId}
                    placeholder={t("all")}
                    onChange={(value) => setChoices({ assigneeId: value ?? null })}
                    options={(directory.data ? listOf(directory.data) : []).map((u) => ({
                      value: u.id,
                      label: u.name,
                    }))}
                  />
                </>
              ) : null}
              {filters ? (
                <button
                  type="button"
                  className="q-link"
                  onClick={() => setChoices({ inboxId: null, tag: null, assigneeId: null })}
                >
                  {t("filter.clear")}
                </button>
              ) : null}
            </div>
          }
        >
          <button type="button" className={`q-tool ${filters ? "q-tool--on" : ""}`}>
            <Badge count={filters} size="small" color="var(--q-accent)">
              <FilterIcon size={15} aria-hidden />
            </Badge>
            {t("filter.title")}
          </button>
        </Popover>
      </div>
    </div>
  );
}
