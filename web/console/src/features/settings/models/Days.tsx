import { useT } from "@/app/i18n";
import { DataTable, useOne } from "../kit";
import { byDay, type DaySum, type LlmState } from "./model";

/** What each day cost. */
export function Days() {
  const t = useT("settings");
  const state = useOne<LlmState>("/bot/llm/state?days=60");
  const number = (value: number) => <span className="qk-num">{value.toLocaleString()}</span>;
  return (
    <DataTable<DaySum>
      id="llm-days"
      label={t("models.tab_days")}
      rows={state.data ? byDay(state.data.days) : undefined}
      rowKey="day"
      loading={state.isPending}
      error={state.error}
      onRetry={() => void state.refetch()}
      emptyTitle={t("models.no_calls")}
      columns={[
        { key: "day", title: t("models.day"), dataIndex: "day", fixedIn: true },
        { key: "calls", title: t("models.calls"), dataIndex: "calls", align: "right", render: number },
        { key: "failed", title: t("models.failed"), dataIndex: "failed", align: "right", render: number },
        {
          key: "tokens_in",
          title: t("models.tokens_in"),
          dataIndex: "tokens_in",
          align: "right",
          render: number,
        },
        {
          key: "tokens_out",
          title: t("models.tokens_out"),
          dataIndex: "tokens_out",
          align: "right",
          render: number,
        },
        {
          key: "mean_ms",
          title: t("models.mean_ms"),
          dataIndex: "mean_ms",
          align: "right",
          render: number,
        },
      ]}
    />
  );
}
