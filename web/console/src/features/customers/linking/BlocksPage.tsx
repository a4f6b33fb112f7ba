import { Button, Input, InputNumber, Modal, Select, Table, Tabs } from "antd";
import { Ban, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet, usePages } from "@/api/hooks";
import type { Id, Page } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { useCan } from "@/app/session";
import { customerName } from "@/features/inbox/text";
import { absoluteTime } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { PageFrame } from "@/ui/Page";
import { EmptyState, ErrorState, Fetched, SkeletonRows } from "@/ui/states";
import { untilOf } from "./BlockControl";
import type { Block, Held, Rule } from "./types";
import "./linking.css";

interface InboxRow {
  id: Id;
  name: string;
}

function useInboxes() {
  const query = useGet<Page<InboxRow> | InboxRow[]>("/inboxes", undefined, { staleTime: 60_000 });
  return query.data ? listOf(query.data) : [];
}

function More({ pages }: { pages: { isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const t = useT("customers");
  return (
    <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
      {t("load_more")}
    </Button>
  );
}

function Standing({ standing }: { standing: boolean }) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const mayEdit = useCan("customers.edit");
  const inboxes = useInboxes();
  const pages = usePages<Block>("/blocks", { standing, limit: 50 });
  const lift = useAct((id: Id) => api.post(`/blocks/${id}/lift`, {}), {
    invalidates: ["/blocks", "/customers"],
    onSuccess: () => toast.success(t("blocks.lifted")),
  });
  if (pages.isPending) return <SkeletonRows rows={4} avatar={false} />;
  if (pages.error && !pages.data)
    return <ErrorState error={pages.error} retry={() => void pages.refetch()} />;
  if (!pages.items.length)
    return (
      <EmptyState
        icon={Ban}
        title={t(standing ? "blocks.empty" : "blocks.empty_past")}
        hint={standing ? t("blocks.empty_hint") : undefined}
      />
    );
  return (
    <>
      <Table<Block>
        rowKey="id"
        size="middle"
        pagination={false}
        dataSource={pages.items}
        columns={[
          { title: t("blocks.what"), width: 150, render: (_, b) => t(`blocks.kind.${b.kind}`) },
          {
            title: t("blocks.value"),
            render: (_, b) => (b.customer ? `${customerName(b.customer, t)} #${b.customer.number}` : b.value),
          },
          {
            title: t("blocks.inbox"),
            render: (_, b) =>
              b.inbox_id ? (inboxes.find((i) => i.id === b.inbox_id)?.name ?? "…") : t("blocks.everywhere"),
          },
          { title: t("blocks.reason"), dataIndex: "reason", ellipsis: true, render: (v) => v || "—" },
          {
            title: t("blocks.until"),
            render: (_, b) => (b.expires_at ? absoluteTime(b.expires_at, locale) : t("blocks.forever")),
          },
          {
            title: t("blocks.by"),
            render: (_, b) => (standing ? b.created_by_name : (b.lifted_by_name ?? "—")),
          },
          ...(standing && mayEdit
            ? [
                {
                  key: "lift",
                  width: 90,
                  render: (_: unknown, b: Block) => (
                    <Button
                      size="small"
                      loading={lift.isPending && lift.variables === b.id}
                      onClick={() => lift.mutate(b.id)}
                    >
                      {t("blocks.lift")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {pages.hasNextPage ? <More pages={pages} /> : null}
    </>
  );
}

function HeldBack() {
  const t = useT("customers/linking");
  const locale = useLocale();
  const pages = usePages<Held>("/held-messages", { limit: 50 });
  const release = useAct((id: Id) => api.post("/held-messages/release", { ids: [id] }), {
    invalidates: ["/held-messages"],
    onSuccess: () => toast.success(t("blocks.released")),
  });
  if (pages.isPending) return <SkeletonRows rows={4} avatar={false} />;
  if (pages.error && !pages.data)
    return <ErrorState error={pages.error} retry={() => void pages.refetch()} />;
  if (!pages.items.length) return <EmptyState title={t("blocks.empty_held")} />;
  return (
    <>
      <Table<Held>
        rowKey="id"
        size="middle"
        pagination={false}
        dataSource={pages.items}
        columns={[
          { title: t("blocks.at"), width: 190, render: (_, h) => absoluteTime(h.at, locale) },
          { title: t("blocks.who"), render: (_, h) => (h.customer ? customerName(h.customer, t) : "—") },
          { title: t("blocks.message"), dataIndex: "body", ellipsis: true },
          { title: t("blocks.reason"), width: 130, render: (_, h) => t(`blocks.why.${h.why}`) },
          {
            key: "release",
            width: 90,
            render: (_, h) => (
              <Button
                size="small"
                loading={release.isPending && release.variables === h.id}
                onClick={() => release.mutate(h.id)}
              >
                {t("blocks.release")}
              </Button>
            ),
          },
        ]}
      />
      {pages.hasNextPage ? <More pages={pages} /> : null}
    </>
  );
}

function RuleForm({ rule, inboxId }: { rule: Rule; inboxId: Id | null }) {
  const t = useT("customers/linking");
  const may = useCan("inboxes.manage");
  const [draft, setDraft] = useState(rule);
  const own = inboxId !== null;
  const save = useAct(
    () =>
      api.put(`/intake-rules${own ? `/${inboxId}` : ""}`, {
        handling: draft.handling,
        per_minute: draft.per_minute,
        per_hour: draft.per_hour,
      }),
    { invalidates: ["/intake-rules"], onSuccess: () => toast.success(t("blocks.saved")) },
  );
  const handlings = [
    ...(own ? [{ value: "", label: t("blocks.inherit") }] : []),
    { value: "refuse", label: t("blocks.refuse") },
    { value: "keep", label: t("blocks.keep") },
  ];
  return (
    <div className="q-merge" style={{ maxWidth: 460 }}>
      <div className="q-merge">
        <span>{t("blocks.handling")}</span>
        <Select
          disabled={!may}
          aria-label={t("blocks.handling")}
          value={draft.handling ?? ""}
          options={handlings}
          onChange={(value) => setDraft({ ...draft, handling: (value || null) as Rule["handling"] })}
        />
      </div>
      {(["per_minute", "per_hour"] as const).map((key) => (
        <div key={key} className="q-merge">
          <span>{t(`blocks.${key}`)}</span>
          <InputNumber
            disabled={!may}
            min={1}
            max={key === "per_minute" ? 1000 : 10_000}
            aria-label={t(`blocks.${key}`)}
            placeholder={own ? t("blocks.inherit") : undefined}
            value={draft[key]}
            onChange={(value) => setDraft({ ...draft, [key]: value })}
          />
        </div>
      ))}
      {may ? (
        <div>
          <Button type="primary" loading={save.isPending} onClick={() => save.mutate(undefined)}>
            {t("blocks.save")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function Rules() {
  const t = useT("customers/linking");
  const inboxes = useInboxes();
  const [inboxId, setInboxId] = useState<Id | "">("");
  const query = useGet<Rule[]>("/intake-rules");
  return (
    <Fetched query={query}>
      {(rules) => {
        const found = rules.find((one) => (one.inbox_id ?? "") === inboxId);
        const rule = found ?? { inbox_id: inboxId || null, handling: null, per_minute: null, per_hour: null };
        return (
          <div className="q-merge">
            <p className="q-muted">{t("blocks.rules_hint")}</p>
            <Select
              style={{ maxWidth: 460 }}
              aria-label={t("blocks.inbox")}
              value={inboxId}
              onChange={setInboxId}
              options={[
                { value: "", label: t("blocks.company") },
                ...inboxes.map((one) => ({ value: one.id, label: one.name })),
              ]}
            />
            <RuleForm key={inboxId} rule={rule} inboxId={inboxId || null} />
          </div>
        );
      }}
    </Fetched>
  );
}

const KINDS = ["address", "domain", "phone_prefix"] as const;

function AddDialog({ close }: { close: () => void }) {
  const t = useT("customers/linking");
  const inboxes = useInboxes();
  const [kind, setKind] = useState<(typeof KINDS)[number]>("address");
  const [value, setValue] = useState("");
  const [inboxId, setInboxId] = useState<Id | "">("");
  const [reason, setReason] = useState("");
  const [days, setDays] = useState(0);
  const add = useAct(
    () =>
      api.post<Block>("/blocks", {
        kind,
        value,
        inbox_id: inboxId || null,
        reason,
        expires_at: untilOf(days),
      }),
    {
      invalidates: ["/blocks"],
      onSuccess: () => {
        toast.success(t("blocks.made"));
        close();
      },
    },
  );
  return (
    <Modal
      open
      title={t("blocks.add")}
      okText={t("blocks.add")}
      confirmLoading={add.isPending}
      okButtonProps={{ disabled: !value.trim() }}
      onOk={() => add.mutate(undefined)}
      onCancel={close}
    >
      <div className="q-merge">
        <div className="q-blocks__form">
          <Select
            value={kind}
            onChange={setKind}
            aria-label={t("blocks.what")}
            options={KINDS.map((one) => ({ value: one, label: t(`blocks.kind.${one}`) }))}
          />
          <Input
            autoFocus
            value={value}
            maxLength={254}
            aria-label={t("blocks.value")}
            placeholder={t(`blocks.value_hint.${kind}`)}
            onChange={(event) => setValue(event.target.value)}
          />
        </div>
        <Select
          value={inboxId}
          onChange={setInboxId}
          aria-label={t("blocks.inbox")}
          options={[
            { value: "", label: t("blocks.everywhere") },
            ...inboxes.map((one) => ({ value: one.id, label: one.name })),
          ]}
        />
        <Input
          value={reason}
          maxLength={500}
          aria-label={t("blocks.reason")}
          placeholder={t("blocks.reason")}
          onChange={(event) => setReason(event.target.value)}
        />
        <Select
          value={days}
          onChange={setDays}
          aria-label={t("blocks.until")}
          options={[1, 7, 30, 0].map((one) => ({ value: one, label: t(`blocks.expires.${one}`) }))}
        />
      </div>
    </Modal>
  );
}

export default function BlocksPage() {
  const t = useT("customers/linking");
  const mayEdit = useCan("customers.edit");
  const manages = useCan("inboxes.manage");
  const monitors = useCan("conversations.monitor");
  const keeps = manages || monitors;
  const [adding, setAdding] = useState(false);
  return (
    <PageFrame
      title={t("blocks.title")}
      extra={
        mayEdit ? (
          <Button type="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setAdding(true)}>
            {t("blocks.add")}
          </Button>
        ) : undefined
      }
    >
      <Tabs
        items={[
          { key: "standing", label: t("blocks.standing"), children: <Standing standing /> },
          { key: "past", label: t("blocks.past"), children: <Standing standing={false} /> },
          ...(keeps
            ? [
                { key: "held", label: t("blocks.held"), children: <HeldBack /> },
                { key: "rules", label: t("blocks.rules"), children: <Rules /> },
              ]
            : []),
        ]}
      />
      {adding ? <AddDialog close={() => setAdding(false)} /> : null}
    </PageFrame>
  );
}
