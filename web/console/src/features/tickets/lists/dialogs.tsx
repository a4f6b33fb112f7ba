import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, Modal, Radio, Select, Space } from "antd";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { fileSize, integer } from "@/lib/format";
import { type Condition, ConditionBuilder, type Fact, unfinished } from "../../settings/kit/conditions";
import type { Asked, Export, Scope, Sort, View, ViewBody } from "./types";

/** The conditions of a list, changed together and used together. */
export function FilterDrawer(props: {
  open: boolean;
  filter: Condition;
  facts: Fact[];
  onClose: () => void;
  onUse: (filter: Condition) => void;
}) {
  const t = useT("tickets/lists");
  const [draft, setDraft] = useState<Condition>(props.filter);
  useEffect(() => {
    if (props.open) setDraft(props.filter);
  }, [props.open, props.filter]);
  const open = unfinished(draft);
  return (
    <Drawer
      open={props.open}
      onClose={props.onClose}
      title={t("filter")}
      size={560}
      footer={
        <Space>
          <Button type="primary" disabled={open} onClick={() => props.onUse(draft)}>
            {t("use_filter")}
          </Button>
          <Button onClick={() => setDraft({ match: "all", conditions: [] })}>{t("clear_filter")}</Button>
          {open ? <span className="q-muted">{t("unfinished")}</span> : null}
        </Space>
      }
    >
      <ConditionBuilder
        value={draft}
        onChange={setDraft}
        facts={props.facts}
        label={t("filter")}
        emptyText={t("no_filter")}
      />
    </Drawer>
  );
}

/** Which columns there are and in which order. */
export function ColumnsDrawer(props: {
  open: boolean;
  columns: string[];
  all: { value: string; label: string }[];
  onClose: () => void;
  onUse: (columns: string[]) => void;
}) {
  const t = useT("tickets/lists");
  const [q, setQ] = useState("");
  const { columns } = props;
  const rest = props.all.filter((one) => !columns.includes(one.value));
  const label = (value: string) => props.all.find((one) => one.value === value)?.label ?? value;
  const move = (at: number, by: number) => {
    const next = [...columns];
    const [one] = next.splice(at, 1);
    if (one) next.splice(at + by, 0, one);
    props.onUse(next);
  };
  const hit = (words: string) => words.toLowerCase().includes(q.trim().toLowerCase());
  return (
    <Drawer open={props.open} onClose={props.onClose} title={t("columns")} size={360}>
      <Input
        allowClear
        value={q}
        onChange={(event) => setQ(event.target.value)}
        placeholder={t("find_column")}
        aria-label={t("find_column")}
      />
      <ul className="ql-columns">
        {columns.map((column, at) =>
          hit(label(column)) ? (
            <li key={column}>
              <Checkbox
                checked
                disabled={columns.length === 1}
                onChange={() => props.onUse(columns.filter((one) => one !== column))}
              >
                {label(column)}
              </Checkbox>
              <span>
                <button
                  type="button"
                  className="q-icon-btn"
                  disabled={at === 0}
                  aria-label={t("up_of", { name: label(column) })}
                  onClick={() => move(at, -1)}
                >
                  <ArrowUp size={14} aria-hidden />
                </button>
                <button
                  type="button"
                  className="q-icon-btn"
                  disabled={at === columns.length - 1}
                  aria-label={t("down_of", { name: label(column) })}
                  onClick={() => move(at, 1)}
                >
                  <ArrowDown size={14} aria-hidden />
                </button>
              </span>
            </li>
          ) : null,
        )}
        {rest
          .filter((one) => hit(one.label))
          .map((one) => (
            <li key={one.value}>
              <Checkbox checked={false} onChange={() => props.onUse([...columns, one.value])}>
                {one.label}
              </Checkbox>
            </li>
          ))}
      </ul>
    </Drawer>
  );
}

/** A new view from what is shown, or another name and other readers for one there is. */
export function SaveDialog(props: {
  open: "new" | View | null;
  body: ViewBody;
  suggestion: string;
  onClose: () => void;
  onSaved: (view: View) => void;
}) {
  const t = useT("tickets/lists");
  const manages = useCan("tickets.manage");
  const editing = props.open !== null && props.open !== "new" ? props.open : null;
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("own");
  useEffect(() => {
    setName(editing?.name ?? props.suggestion);
    setScope(editing?.scope ?? "own");
  }, [editing, props.suggestion]);
  const save = useAct(
    () =>
      editing
        ? api.patch<View>(`/ticket-lists/views/${editing.id}`, { name, scope, revision: editing.revision })
        : api.post<View>("/ticket-lists/views", { name, scope, body: props.body }),
    { invalidates: ["/ticket-lists/views"], onSuccess: props.onSaved },
  );
  return (
    <Modal
      open={props.open !== null}
      title={t(editing ? "edit_view" : "save_view")}
      onCancel={props.onClose}
      okText={t("save")}
      okButtonProps={{ disabled: !name.trim(), loading: save.isPending }}
      onOk={() => save.mutate(undefined)}
      destroyOnHidden
    >
      <Form layout="vertical" onFinish={() => name.trim() && save.mutate(undefined)}>
        <Form.Item label={t("view_name")}>
          <Input autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        <Form.Item label={t("view_for")}>
          <Radio.Group
            value={scope}
            onChange={(event) => setScope(event.target.value as Scope)}
            options={(["own", "department", "everyone"] as const).map((value) => ({
              value,
              label: t(`for.${value}`),
              disabled: value === "everyone" && !manages,
            }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Everything the list holds, as a file. */
export function ExportDialog(props: {
  open: boolean;
  asked: Asked;
  sort: Sort;
  columns: string[];
  total: string;
  onClose: () => void;
}) {
  const t = useT("tickets/lists");
  const locale = useLocale();
  const [format, setFormat] = useState<"xlsx" | "csv">("xlsx");
  const [id, setId] = useState<string | null>(null);
  useEffect(() => {
    if (!props.open) setId(null);
  }, [props.open]);
  const start = useAct(
    () =>
      api.post<Export>("/ticket-lists/exports", {
        ...props.asked,
        sort: props.sort,
        columns: props.columns,
        format,
      }),
    { onSuccess: (made) => setId(made.id) },
  );
  const made = useQuery({
    queryKey: ["ticket-export", id],
    queryFn: async ({ signal }) => {
      const found = await api.get<Export>(`/ticket-lists/exports/${id}`, undefined, signal);
      const job =
        found.state === "done" || !found.url
          ? await api
              .get<{ done: number } | null>(
                `/jobs/${(found as Export & { job_id: string }).job_id}`,
                undefined,
                signal,
              )
              .catch(() => null)
          : null;
      return { ...found, written: job?.done ?? found.rows };
    },
    enabled: id !== null,
    refetchInterval: ({ state }) =>
      state.data && ["done", "failed", "expired"].includes(state.data.state) ? false : 800,
  }).data;
  const busy =
    start.isPending || (id !== null && (!made || made.state === "queued" || made.state === "running"));
  return (
    <Modal
      open={props.open}
      title={t("export")}
      onCancel={props.onClose}
      footer={
        <Space>
          <Button onClick={props.onClose}>{t("close")}</Button>
          {made?.url ? (
            <Button type="primary" href={made.url}>
              {t("download")}
            </Button>
          ) : (
            <Button type="primary" loading={busy} onClick={() => start.mutate(undefined)}>
              {t("export_start")}
            </Button>
          )}
        </Space>
      }
      destroyOnHidden
    >
      <p>{t("export_hint", { n: props.total })}</p>
      <Form layout="vertical">
        <Form.Item label={t("format")}>
          <Select
            value={format}
            disabled={busy}
            onChange={(value) => {
              setFormat(value);
              setId(null);
            }}
            options={[
              { value: "xlsx", label: "Excel (XLSX)" },
              { value: "csv", label: "CSV (UTF-8)" },
            ]}
          />
        </Form.Item>
      </Form>
      <div role="status" aria-live="polite">
        {made?.state === "failed" ? t("export_failed") : null}
        {made?.state === "expired" ? t("export_expired") : null}
        {busy && made ? t("export_written", { n: integer(made.written, locale) }) : null}
        {made?.url ? (
          <>
            {t("export_done", { n: integer(made.rows, locale), size: fileSize(made.size ?? 0) })}
            <br />
            <span className="q-muted">{t("export_yours")}</span>
          </>
        ) : null}
      </div>
    </Modal>
  );
}
