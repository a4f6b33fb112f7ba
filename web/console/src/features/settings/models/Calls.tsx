import { Drawer, Select, Switch } from "antd";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { DataTable, Dot, State, useOne, usePages } from "../kit";
import { type LlmCall, TASKS, type Task } from "./model";

/** Every call, newest first; its texts where the company stores them and this person may read conversations. */
export function Calls() {
  const t = useT("settings");
  const mayRead = useCan("conversations.view_all");
  const [task, setTask] = useState<Task | null>(null);
  const [failed, setFailed] = useState(false);
  const [open, setOpen] = useState<LlmCall | null>(null);
  const calls = usePages<LlmCall>("/bot/llm/calls", {
    ...(task ? { task } : {}),
    ...(failed ? { failed: "true" } : {}),
  });
  return (
    <>
      <DataTable<LlmCall>
        id="llm-calls"
        label={t("models.tab_calls")}
        rows={calls.rows}
        rowKey="id"
        loading={calls.loading}
        error={calls.error}
        onRetry={() => void calls.refetch()}
        more={calls.more}
        narrowed={task !== null || failed}
        emptyTitle={t("models.no_calls")}
        {...(mayRead ? { onOpen: (row: LlmCall) => row.has_text && setOpen(row) } : {})}
        filters={
          <>
            <Select
              allowClear
              style={{ width: 170 }}
              placeholder={t("models.all_tasks")}
              aria-label={t("models.task")}
              value={task}
              options={TASKS.map((one) => ({ value: one, label: t(`models.task_${one}`) }))}
              onChange={(one) => setTask(one ?? null)}
            />
            <label className="qm-failed" htmlFor="qm-failed">
              <Switch id="qm-failed" size="small" checked={failed} onChange={setFailed} />{" "}
              {t("models.failed_only")}
            </label>
          </>
        }
        columns={[
          {
            key: "at",
            title: t("models.at"),
            fixedIn: true,
            render: (_, row) => <RelativeTime at={row.at} />,
          },
          { key: "task", title: t("models.task"), render: (_, row) => t(`models.task_${row.task}`) },
          { key: "model", title: t("models.model"), dataIndex: "model" },
          {
            key: "outcome",
            title: t("models.outcome"),
            render: (_, row) => (
              <Dot tone={row.outcome === "ok" ? "ok" : "breach"}>
                {t(`models.outcome_${row.outcome}`)}
                {row.status ? ` (${row.status})` : ""}
              </Dot>
            ),
          },
          {
            key: "ms",
            title: t("models.ms"),
            align: "right",
            render: (_, row) => <span className="qk-num">{row.ms.toLocaleString()}</span>,
          },
          {
            key: "first_ms",
            title: t("models.first_ms"),
            align: "right",
            extra: true,
            render: (_, row) => <span className="qk-num">{row.first_ms?.toLocaleString() ?? "–"}</span>,
          },
          {
            key: "tokens",
            title: t("models.tokens"),
            align: "right",
            render: (_, row) => (
              <span className="qk-num">
                {row.tokens_in.toLocaleString()} → {row.tokens_out.toLocaleString()}
              </span>
            ),
          },
        ]}
      />
      <Drawer
        open={open !== null}
        onClose={() => setOpen(null)}
        size={720}
        title={open ? `${t(`models.task_${open.task}`)} · ${open.model}` : ""}
      >
        {open ? <Text id={open.id} /> : null}
      </Drawer>
    </>
  );
}

function Text({ id }: { id: string }) {
  const t = useT("settings");
  const call = useOne<{ prompt: string | null; reply: string | null }>(`/bot/llm/calls/${id}`);
  return (
    <State loading={call.isPending} error={call.error} onRetry={() => void call.refetch()}>
      <h3>{t("models.prompt")}</h3>
      <pre className="qm-text">{call.data?.prompt ?? "–"}</pre>
      <h3>{t("models.reply")}</h3>
      <pre className="qm-text">{call.data?.reply || "–"}</pre>
    </State>
  );
}
