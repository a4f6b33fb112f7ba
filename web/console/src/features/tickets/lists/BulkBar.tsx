import { useQuery } from "@tanstack/react-query";
import { App, Button, DatePicker, Form, Input, Modal, Progress, Select, Space } from "antd";
import type dayjs from "dayjs";
import { useEffect, useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct, usePages } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useMe } from "@/app/session";
import { integer } from "@/lib/format";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { DepartmentPicker, PersonPicker } from "../fields/pickers";
import { STATUSES } from "../types";
import { useRefresh } from "./api";
import type { Asked, Bulk, BulkItem, Counted } from "./types";

type Verb = "priority" | "assign" | "tags" | "due" | "status" | "comment";
const VERBS: Verb[] = ["assign", "priority", "tags", "status", "due", "comment"];

interface Draft {
  priority?: number;
  to?: "department" | "person" | "nobody";
  assignee_id?: Id | null;
  department_id?: Id | null;
  add_tags?: string[];
  remove_tags?: string[];
  due_at?: dayjs.Dayjs | null;
  status?: string;
  comment?: string;
  public?: boolean;
}

function actionOf(verb: Verb, draft: Draft): Record<string, unknown> | null {
  switch (verb) {
    case "priority":
      return draft.priority === undefined ? null : { priority: draft.priority };
    case "assign":
      if (draft.to === "nobody") return { assignee_id: null };
      if (draft.to === "department")
        return draft.department_id ? { department_id: draft.department_id, assignee_id: null } : null;
      return draft.assignee_id ? { assignee_id: draft.assignee_id } : null;
    case "tags": {
      const add = draft.add_tags ?? [];
      const remove = draft.remove_tags ?? [];
      return add.length || remove.length ? { add_tags: add, remove_tags: remove } : null;
    }
    case "due":
      return { due_at: draft.due_at ? draft.due_at.toISOString() : null };
    case "status":
      return draft.status ? { status: draft.status } : null;
    case "comment":
      return draft.comment?.trim() ? { comment: draft.comment, public: draft.public ?? false } : null;
  }
}

/** What can be done with what is selected: those tickets, or with one press everything the filter finds. */
export function BulkBar(props: {
  ids: Id[];
  asked: Asked;
  total: Counted | undefined;
  onClear: () => void;
  onStarted: (bulk: Bulk) => void;
}) {
  const t = useT("tickets/lists");
  const locale = useLocale();
  const me = useMe();
  const [whole, setWhole] = useState(false);
  const [verb, setVerb] = useState<Verb | null>(null);
  const [draft, setDraft] = useState<Draft>({});
  const start = useAct(
    (action: Record<string, unknown>) =>
      api.post<Bulk>("/ticket-lists/bulk", {
        ...(whole ? { query: props.asked } : { ids: props.ids }),
        action,
        key: newKey(),
      }),
    {
      onSuccess: (bulk) => {
        setVerb(null);
        setDraft({});
        props.onStarted(bulk);
        props.onClear();
      },
    },
  );
  const number = whole ? (props.total?.count ?? 0) : props.ids.length;
  const n = `${integer(number, locale)}${whole && props.total?.more ? "+" : ""}`;
  const action = verb ? actionOf(verb, draft) : null;
  const set = (patch: Draft) => setDraft((now) => ({ ...now, ...patch }));
  return (
    <div className="ql-bulk" role="toolbar" aria-label={t("bulk")}>
      <strong>{t("selected", { n })}</strong>
      {!whole && props.total && (props.total.more || props.total.count > props.ids.length) ? (
        <button type="button" className="q-link" onClick={() => setWhole(true)}>
          {t("select_whole", { n: `${integer(props.total.count, locale)}${props.total.more ? "+" : ""}` })}
        </button>
      ) : null}
      <span className="ql-bulk__verbs">
        {VERBS.map((one) => (
          <Button key={one} size="small" onClick={() => setVerb(one)}>
            {t(`verb.${one}`)}
          </Button>
        ))}
      </span>
      <Button size="small" type="text" onClick={props.onClear}>
        {t("clear")}
      </Button>
      <Modal
        open={verb !== null}
        title={verb ? t("do_title", { verb: t(`verb.${verb}`), count: n }) : ""}
        onCancel={() => setVerb(null)}
        okText={t("do", { n })}
        okButtonProps={{ disabled: action === null, loading: start.isPending }}
        onOk={() => action && start.mutate(action)}
        destroyOnHidden
      >
        <Form layout="vertical">
          {verb === "priority" ? (
            <Form.Item label={t("fact.priority")}>
              <Select
                value={draft.priority}
                onChange={(priority) => set({ priority })}
                options={[3, 2, 1, 0].map((value) => ({ value, label: t(`tickets:priority.${value}`) }))}
              />
            </Form.Item>
          ) : null}
          {verb === "assign" ? (
            <>
              <Form.Item label={t("assign_to")}>
                <Select
                  value={draft.to ?? "person"}
                  onChange={(to) => set({ to })}
                  options={(["person", "department", "nobody"] as const).map((value) => ({
                    value,
                    label: t(`to.${value}`),
                  }))}
                />
              </Form.Item>
              {(draft.to ?? "person") === "person" ? (
                <Form.Item label={t("to.person")}>
                  <PersonPicker
                    value={draft.assignee_id ?? null}
                    onChange={(assignee_id) => set({ assignee_id })}
                    me={me.user.id}
                  />
                </Form.Item>
              ) : null}
              {draft.to === "department" ? (
                <Form.Item label={t("to.department")}>
                  <DepartmentPicker
                    value={draft.department_id ?? null}
                    onChange={(department_id) => set({ department_id })}
                  />
                </Form.Item>
              ) : null}
            </>
          ) : null}
          {verb === "tags" ? (
            <>
              <Form.Item label={t("add_tags")}>
                <Select
                  mode="tags"
                  value={draft.add_tags ?? []}
                  onChange={(add_tags) => set({ add_tags })}
                  open={false}
                />
              </Form.Item>
              <Form.Item label={t("remove_tags")}>
                <Select
                  mode="tags"
                  value={draft.remove_tags ?? []}
                  onChange={(remove_tags) => set({ remove_tags })}
                  open={false}
                />
              </Form.Item>
            </>
          ) : null}
          {verb === "due" ? (
            <Form.Item label={t("fact.due_at")} extra={t("due_empty")}>
              <DatePicker
                showTime={{ format: "HH:mm" }}
                value={draft.due_at ?? null}
                onChange={(due_at) => set({ due_at })}
              />
            </Form.Item>
          ) : null}
          {verb === "status" ? (
            <Form.Item label={t("fact.status")} extra={t("status_hint")}>
              <Select
                value={draft.status}
                onChange={(status) => set({ status })}
                options={STATUSES.map((value) => ({ value, label: t(`tickets:status.${value}`) }))}
              />
            </Form.Item>
          ) : null}
          {verb === "comment" ? (
            <>
              <Form.Item label={t("verb.comment")} extra={t("comment_stays")}>
                <Input.TextArea
                  rows={4}
                  maxLength={20_000}
                  value={draft.comment ?? ""}
                  onChange={(event) => set({ comment: event.target.value })}
                />
              </Form.Item>
              <Form.Item label={t("for_whom")}>
                <Select
                  value={draft.public ?? false}
                  onChange={(value) => set({ public: value })}
                  options={[
                    { value: false, label: t("for_staff") },
                    { value: true, label: t("for_customer") },
                  ]}
                />
              </Form.Item>
            </>
          ) : null}
        </Form>
      </Modal>
    </div>
  );
}

/** How far an operation is, and the way back. Stays until it is put away. */
export function BulkProgress(props: { bulk: Bulk; onClose: () => void }) {
  const t = useT("tickets/lists");
  const locale = useLocale();
  const refresh = useRefresh();
  const { message } = App.useApp();
  const [details, setDetails] = useState(false);
  const query = useQuery({
    queryKey: ["ticket-bulk", props.bulk.id],
    queryFn: ({ signal }) => api.get<Bulk>(`/ticket-lists/bulk/${props.bulk.id}`, undefined, signal),
    initialData: props.bulk,
    refetchInterval: ({ state }) =>
      state.data?.state === "running" || state.data?.state === "undoing" ? 700 : false,
  });
  const bulk = query.data;
  const busy = bulk.state === "running" || bulk.state === "undoing";
  // What is short is never seen at work: it goes from done to undone.
  useEffect(() => {
    if (!busy) refresh();
  }, [bulk.state, busy, refresh]);
  const undo = useAct(() => api.post<Bulk>(`/ticket-lists/bulk/${bulk.id}/undo`), {
    onSuccess: () => {
      void query.refetch();
      void message.info(t("undoing"));
    },
  });
  const over = bulk.state === "undoing" || bulk.state === "undone";
  const whole = over ? bulk.changed + bulk.restored + bulk.kept : bulk.total;
  const done = over ? bulk.restored + bulk.kept : bulk.total - bulk.waiting;
  const n = (value: number) => integer(value, locale);
  const words = over
    ? t("undone_words", { restored: n(bulk.restored), kept: n(bulk.kept) })
    : [
        t("done_words", { changed: n(bulk.changed) }),
        ...(bulk.same > 0 ? [t("done_same", { n: n(bulk.same) })] : []),
        ...(bulk.skipped > 0 ? [t("done_skipped", { n: n(bulk.skipped) })] : []),
      ].join(t("done_separator"));
  const left = over ? bulk.kept : bulk.skipped;
  return (
    <div className="ql-progress" role="status" aria-live="polite">
      <Progress
        percent={whole ? Math.floor((done / whole) * 100) : 100}
        size="small"
        status={busy ? "active" : "normal"}
        style={{ width: 160 }}
        aria-label={t("bulk")}
      />
      <span>{busy ? t(over ? "undoing_n" : "doing_n", { done: n(done), total: n(whole) }) : words}</span>
      <Space size={4}>
        {!busy && left > 0 ? (
          <Button size="small" onClick={() => setDetails(true)}>
            {t("which", { n: n(left) })}
          </Button>
        ) : null}
        {bulk.may_undo && !busy ? (
          <Button size="small" loading={undo.isPending} onClick={() => undo.mutate(undefined)}>
            {t("undo")}
          </Button>
        ) : null}
        {busy ? null : (
          <Button size="small" type="text" onClick={props.onClose}>
            {t("close")}
          </Button>
        )}
      </Space>
      <Modal
        open={details}
        title={t(over ? "kept" : "skipped")}
        footer={null}
        onCancel={() => setDetails(false)}
        destroyOnHidden
      >
        <Left id={bulk.id} state={over ? "kept" : "skipped"} />
      </Modal>
    </div>
  );
}

function Left(props: { id: Id; state: string }) {
  const t = useT("tickets/lists");
  const go = useGo();
  const pages = usePages<BulkItem>(`/ticket-lists/bulk/${props.id}/items`, {
    state: props.state,
    limit: 100,
  });
  if (pages.isPending) return <SkeletonRows rows={3} avatar={false} />;
  if (pages.error && !pages.data)
    return <ErrorState error={pages.error} retry={() => void pages.refetch()} compact />;
  if (!pages.items.length) return <EmptyState title={t("nothing")} compact />;
  return (
    <ul className="ql-left">
      {pages.items.map((item) => (
        <li key={item.ticket_id}>
          <button type="button" className="q-link" onClick={() => go(`/tickets/${item.ref}`)}>
            {item.ref} {item.title}
          </button>
          <small className="q-muted">{item.why}</small>
        </li>
      ))}
      {pages.hasNextPage ? (
        <button type="button" className="q-link" onClick={() => void pages.fetchNextPage()}>
          {t("load_more")}
        </button>
      ) : null}
    </ul>
  );
}
