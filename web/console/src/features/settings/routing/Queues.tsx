import { Button, Dropdown, Space, Tag } from "antd";
import { MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { QueueLive } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { duration } from "@/lib/format";
import { type Column, DataTable, Dot, Page, useConfirm, useRows, useSubmit } from "../kit";
import type { Queue, Skill } from "../types";
import { memberIds } from "./QueueEditor";

export default function Queues() {
  const t = useT("settings");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const [query, setQuery] = useState("");
  const queues = useRows<Queue>("/queues");
  const skills = useRows<Skill>("/skills");
  const live = useRows<QueueLive>("/queues/live");
  const remove = useSubmit((queue: Queue) => api.delete(`/queues/${queue.id}`), {
    stale: ["/queues"],
    done: t("queues.deleted"),
  });
  const liveOf = (queue: Queue) => live.rows?.find((item) => item.queue.id === queue.id);
  const columns: Column<Queue>[] = [
    {
      key: "name",
      title: t("queues.name"),
      fixedIn: true,
      sorter: (a, b) => a.name.localeCompare(b.name, locale),
      render: (_, queue) => (
        <div>
          <button type="button" className="qk-linkish" onClick={() => go(`/settings/queues/${queue.id}`)}>
            <strong>{queue.name}</strong>
          </button>
          {queue.is_default && <Tag style={{ marginInlineStart: 8 }}>{t("queues.defaultTag")}</Tag>}
          {queue.description && <div className="qk-muted qk-clip qs-narrow">{queue.description}</div>}
        </div>
      ),
    },
    {
      key: "status",
      title: t("queues.status"),
      render: (_, queue) =>
        queue.active ? (
          <Dot tone={liveOf(queue)?.open === false ? "idle" : "ok"}>
            {t(liveOf(queue)?.open === false ? "queues.closed" : "queues.open")}
          </Dot>
        ) : (
          <Dot tone="idle">{t("queues.inactive")}</Dot>
        ),
    },
    {
      key: "members",
      title: t("queues.members"),
      align: "right",
      className: "qk-num",
      sorter: (a, b) => memberIds(a).length - memberIds(b).length,
      render: (_, queue) => memberIds(queue).length,
    },
    {
      key: "skills",
      title: t("queues.skills"),
      render: (_, queue) => (
        <Space size={4} wrap>
          {queue.required_skills.map((item) => (
            <Tag key={item.skill_id}>
              {skills.rows?.find((skill) => skill.id === item.skill_id)?.name ?? "…"} ≥ {item.level}
            </Tag>
          ))}
          {queue.required_skills.length === 0 && <span className="qk-muted">–</span>}
        </Space>
      ),
    },
    {
      key: "strategy",
      title: t("queues.strategy"),
      render: (_, queue) => t(`queues.strategies.${queue.strategy}`),
    },
    {
      key: "priority",
      title: t("queues.priority"),
      align: "right",
      className: "qk-num",
      sorter: (a, b) => a.priority - b.priority,
      render: (_, queue) => queue.priority,
    },
    {
      key: "waiting",
      title: t("queues.waiting"),
      align: "right",
      className: "qk-num",
      render: (_, queue) => {
        const now = liveOf(queue);
        if (!now) return "–";
        return now.waiting ? `${now.waiting} · ${duration(now.longest_wait_s, locale)}` : 0;
      },
    },
    {
      key: "accept",
      title: t("queues.accept"),
      extra: true,
      render: (_, queue) =>
        queue.accept_timeout_s === null
          ? t("queues.acceptAuto")
          : t("queues.acceptSeconds", { seconds: queue.accept_timeout_s }),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, queue) => (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "edit", label: t("kit.edit"), onClick: () => go(`/settings/queues/${queue.id}`) },
              {
                key: "delete",
                danger: true,
                label: t("kit.delete"),
                onClick: () =>
                  confirm({
                    title: t("queues.deleteTitle", { name: queue.name }),
                    text: t("queues.deleteText", { count: liveOf(queue)?.waiting ?? 0 }),
                    ok: t("kit.delete"),
                    run: () => remove.run(queue),
                  }),
              },
            ],
          }}
        >
          <Button
            type="text"
            icon={<MoreHorizontal size={16} />}
            aria-label={t("kit.actionsFor", { name: queue.name })}
          />
        </Dropdown>
      ),
    },
  ];
  const needle = query.trim().toLowerCase();
  return (
    <Page
      wide
      title={t("nav.queues")}
      description={t("queues.pageText")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/settings/queues/new")}>
          {t("queues.new")}
        </Button>
      }
    >
      <DataTable
        id="queues"
        label={t("nav.queues")}
        rows={queues.rows?.filter((queue) => queue.name.toLowerCase().includes(needle))}
        rowKey="id"
        columns={columns}
        loading={queues.isFetching}
        error={queues.error}
        onRetry={() => void queues.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("queues.search") }}
        narrowed={Boolean(needle)}
        onOpen={(queue) => go(`/settings/queues/${queue.id}`)}
        emptyTitle={t("queues.empty")}
        emptyText={t("queues.emptyText")}
        emptyAction={<Button onClick={() => go("/settings/queues/new")}>{t("queues.new")}</Button>}
      />
    </Page>
  );
}
