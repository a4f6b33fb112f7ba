/** The home of the knowledge base: its spaces, what waits for somebody, what needs a look again. */
import { Button, Segmented, Tag } from "antd";
import { BookOpen, Plus } from "lucide-react";
import { useState } from "react";
import type { DirectoryEntry } from "@/api/types";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Page, useOne, usePages, useRows } from "../settings/kit";
import { AbsoluteTime, ReaderIcon, StatusTag } from "./bits";
import type { Space, Todo, WorkItem } from "./types";

type View = "review" | "mine" | "scheduled" | "stale";

export default function KnowledgeHome() {
  const t = useT("knowledge");
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const mayPublish = useCan("knowledge.publish");
  const spaces = useRows<Space>("/knowledge/spaces");
  const todo = useOne<Todo>("/knowledge/todo", { refetchInterval: 60_000 });
  const [chosen, setChosen] = useState<View>();
  const view = chosen ?? (mayEdit ? (mayPublish ? "review" : "mine") : "stale");
  const counts: Record<View, number> = {
    review: todo.data?.review ?? 0,
    mine: todo.data?.mine ?? 0,
    scheduled: todo.data?.scheduled ?? 0,
    stale: todo.data?.stale ?? 0,
  };
  const views: View[] = mayEdit ? ["review", "mine", "scheduled", "stale"] : ["stale"];
  return (
    <Page
      wide
      title={t("home.title")}
      description={t("home.description")}
      actions={
        mayEdit && (
          <>
            <Button icon={<Plus size={15} />} onClick={() => go("/knowledge/articles/new/edit")}>
              {t("article.new")}
            </Button>
            <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/knowledge/faqs/new")}>
              {t("faq.new")}
            </Button>
          </>
        )
      }
    >
      <ul className="kn-spaces" aria-label={t("nav.spaces")}>
        {(spaces.rows ?? []).map((space) => (
          <li key={space.id}>
            <h2 className="kn-with-icon">
              <ReaderIcon audience={space.audience} />
              {space.name}
            </h2>
            <p>{space.description || t(`audience.${space.audience}Text`)}</p>
            <div className="qs-row">
              <Button size="small" onClick={() => go(`/knowledge/faqs?space=${space.id}`)}>
                {t("home.faqs", { count: space.faqs })}
              </Button>
              <Button size="small" onClick={() => go(`/knowledge/articles?space=${space.id}`)}>
                {t("home.articles", { count: space.articles })}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <div className="kn-home-views">
        <Segmented
          aria-label={t("home.waiting")}
          value={view}
          onChange={setChosen}
          options={views.map((key) => ({
            value: key,
            label: (
              <span>
                {t(`home.views.${key}`)} <small className="qk-num">{counts[key]}</small>
              </span>
            ),
          }))}
        />
        {todo.data && todo.data.returned > 0 && (
          <Tag color="warning">{t("home.returned", { count: todo.data.returned })}</Tag>
        )}
        {todo.data && todo.data.due > 0 && (
          <Tag color="warning">{t("home.due", { count: todo.data.due })}</Tag>
        )}
      </div>
      {mayEdit && spaces.rows?.length === 0 ? (
        <EmptyState
          icon={BookOpen}
          title={t("home.nothing")}
          hint={t("home.nothingText")}
          action={
            <Button type="primary" onClick={() => go("/knowledge/import")}>
              {t("home.import")}
            </Button>
          }
        />
      ) : (
        <Waiting key={view} view={view} />
      )}
    </Page>
  );
}

function Waiting({ view }: { view: View }) {
  const t = useT("knowledge");
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const spaces = useRows<Space>("/knowledge/spaces").rows ?? [];
  const people = useRows<DirectoryEntry>("/directory").rows ?? [];
  const items = usePages<WorkItem>(
    view === "stale" ? "/knowledge/stale" : "/knowledge/work",
    view === "stale" ? {} : { view },
  );
  const open = (item: WorkItem) =>
    go(
      item.source === "faq"
        ? `/knowledge/faqs/${item.id}`
        : `/knowledge/articles/${item.id}${mayEdit ? "/edit" : ""}`,
    );
  const person = (id: string | null) => {
    const found = people.find((one) => one.id === id);
    return found ? (found.display_name ?? found.name) : <span className="qk-muted">–</span>;
  };
  const columns: Column<WorkItem>[] = [
    {
      key: "title",
      title: t("article.title"),
      fixedIn: true,
      render: (_, item) => (
        <div className="kn-q">
          <button type="button" className="qk-linkish" onClick={() => open(item)}>
            <strong>{item.title}</strong>
          </button>
          <div className="qk-muted qk-clip">
            {t(`type.${item.source}`)} · {item.locale === "en" ? "English" : "中文"}
            {item.remark && !item.remark.startsWith("knowledge.") ? ` · ${item.remark}` : ""}
          </div>
        </div>
      ),
    },
    {
      key: "state",
      title: t("faq.status"),
      render: (_, item) =>
        view === "stale" ? (
          item.reasons.map((reason) => (
            <Tag key={reason} color="warning">
              {t(`home.reasons.${reason}`)}
            </Tag>
          ))
        ) : (
          <StatusTag status={item.status} live={item.live} />
        ),
    },
    {
      key: "space",
      title: t("entry.space"),
      render: (_, item) => spaces.find((space) => space.id === item.space_id)?.name ?? "",
    },
    view === "stale"
      ? { key: "who", title: t("entry.owner"), render: (_, item) => person(item.owner_id) }
      : {
          key: "who",
          title: t(view === "mine" ? "home.by" : "home.submittedBy"),
          render: (_, item) => person(view === "mine" ? item.updated_by : item.submitted_by),
        },
    {
      key: "at",
      title: t(`home.at.${view}`),
      render: (_, item) =>
        view === "scheduled" && item.publish_at ? (
          <AbsoluteTime at={item.publish_at} />
        ) : (
          <RelativeTime
            at={
              view === "review"
                ? (item.submitted_at ?? item.updated_at)
                : view === "stale"
                  ? item.content_at
                  : item.updated_at
            }
          />
        ),
    },
  ];
  return (
    <DataTable
      id={`knowledge-${view}`}
      label={t(`home.views.${view}`)}
      rows={items.rows}
      rowKey="id"
      columns={columns}
      loading={items.loading}
      error={items.error}
      onRetry={() => void items.refetch()}
      more={items.more}
      onOpen={open}
      emptyTitle={t(`home.empty.${view}`)}
    />
  );
}
