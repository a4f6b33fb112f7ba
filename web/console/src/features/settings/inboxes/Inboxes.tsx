import { Button, Dropdown, Tag } from "antd";
import { MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { HealthDot, useHealth } from "../channels/HealthCard";
import { channelIcon } from "../channels/icons";
import type { Manifest } from "../channels/types";
import { type Column, DataTable, Dot, Page, useConfirm, useRows, useSubmit } from "../kit";
import type { Inbox, Queue } from "../types";

export default function Inboxes() {
  const t = useT("settings");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const [query, setQuery] = useState("");
  const inboxes = useRows<Inbox>("/inboxes");
  const queues = useRows<Queue>("/queues");
  const channels = useRows<Manifest>("/channels");
  const health = useHealth();
  const remove = useSubmit((inbox: Inbox) => api.delete(`/inboxes/${inbox.id}`), {
    stale: ["/inboxes"],
    done: t("inboxes.deleted"),
  });
  const queueName = (id: string | null) => queues.rows?.find((queue) => queue.id === id)?.name;
  const usual = queues.rows?.find((queue) => queue.is_default);
  const columns: Column<Inbox>[] = [
    {
      key: "name",
      title: t("inboxes.name"),
      fixedIn: true,
      sorter: (a, b) => a.name.localeCompare(b.name, locale),
      render: (_, inbox) => {
        const Icon = channelIcon(inbox.channel);
        return (
          <div className="qs-row">
            <Icon size={16} aria-hidden className="qk-muted" />
            <button type="button" className="qk-linkish" onClick={() => go(`/settings/inboxes/${inbox.id}`)}>
              <strong>{inbox.name}</strong>
            </button>
          </div>
        );
      },
    },
    {
      key: "channel",
      title: t("inboxes.channel"),
      render: (_, inbox) =>
        channels.rows?.find((one) => one.name === inbox.channel)?.title[locale] ?? inbox.channel,
    },
    {
      key: "status",
      title: t("users.status"),
      render: (_, inbox) => (
        <Dot tone={inbox.active ? "ok" : "idle"}>
          {t(inbox.active ? "inboxes.active" : "inboxes.inactive")}
        </Dot>
      ),
    },
    {
      key: "health",
      title: t("inboxes.health"),
      render: (_, inbox) => <HealthDot health={health.rows?.find((one) => one.inbox_id === inbox.id)} />,
    },
    {
      key: "queue",
      title: t("inboxes.queue"),
      sorter: (a, b) => (queueName(a.queue_id) ?? "").localeCompare(queueName(b.queue_id) ?? "", locale),
      render: (_, inbox) =>
        queueName(inbox.queue_id) ??
        (usual ? (
          <span className="qk-muted">{t("inboxes.usualQueue", { name: usual.name })}</span>
        ) : (
          <Tag color="warning">{t("inboxes.noQueue")}</Tag>
        )),
    },
    { key: "bot", title: t("nav.bot"), render: (_, inbox) => t(inbox.bot_enabled ? "kit.on" : "kit.off") },
    {
      key: "key",
      title: t("inboxes.key"),
      extra: true,
      render: (_, inbox) => <code translate="no">{inbox.key}</code>,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, inbox) => (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "edit", label: t("kit.edit"), onClick: () => go(`/settings/inboxes/${inbox.id}`) },
              {
                key: "delete",
                danger: true,
                label: t("kit.delete"),
                onClick: () =>
                  confirm({
                    title: t("inboxes.deleteTitle", { name: inbox.name }),
                    text: t("inboxes.deleteText"),
                    ok: t("kit.delete"),
                    run: () => remove.run(inbox),
                  }),
              },
            ],
          }}
        >
          <Button
            type="text"
            icon={<MoreHorizontal size={16} />}
            aria-label={t("kit.actionsFor", { name: inbox.name })}
          />
        </Dropdown>
      ),
    },
  ];
  const needle = query.trim().toLowerCase();
  return (
    <Page
      wide
      title={t("nav.inboxes")}
      description={t("inboxes.description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/settings/inboxes/new")}>
          {t("inboxes.new")}
        </Button>
      }
    >
      <DataTable
        id="inboxes"
        label={t("nav.inboxes")}
        rows={inboxes.rows?.filter((inbox) => inbox.name.toLowerCase().includes(needle))}
        rowKey="id"
        columns={columns}
        loading={inboxes.isFetching}
        error={inboxes.error}
        onRetry={() => void inboxes.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("inboxes.search") }}
        narrowed={Boolean(needle)}
        onOpen={(inbox) => go(`/settings/inboxes/${inbox.id}`)}
        emptyTitle={t("inboxes.empty")}
        emptyText={t("inboxes.emptyText")}
        emptyAction={
          <Button onClick={() => go("/settings/inboxes/new-webchat")}>{t("inboxes.addWebsite")}</Button>
        }
      />
    </Page>
  );
}
