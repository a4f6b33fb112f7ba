import { useQuery } from "@tanstack/react-query";
import { Alert, Button, InputNumber, Progress, Space, Table, Tag } from "antd";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { absoluteTime, integer } from "@/lib/format";
import { type Draft, problemOf, useSubmit } from "../kit";
import { sendable } from "./model";
import type { DryRun as Found, RuleBody } from "./types";

function withinRule(reason: unknown): unknown {
  const problems = problemOf(reason)?.fields ?? [];
  return problems.map((one) => ({ ...one, field: one.field.replace(/^(body\.)?rule\./, "") }));
}

/** What the rule would have done in the last days. Nothing is changed by it. */
export function DryRun(props: { rule: RuleBody; draft: Draft<RuleBody>; label: (path: string) => string }) {
  const t = useT("settings/automation");
  const locale = useLocale();
  const go = useGo();
  const [days, setDays] = useState(7);
  const [job, setJob] = useState<string | null>(null);
  const ask = useSubmit(
    () => api.post<{ job_id: string }>("/automation/dry-runs", { rule: bodyOf(props.rule), days }),
    {
      onDone: (asked) => setJob(asked.job_id),
      // What is wrong with the rule is shown where it stands in it.
      draft: { ...props.draft, refuse: (reason) => props.draft.refuse(withinRule(reason)) },
    },
  );
  const run = useQuery({
    queryKey: ["/automation/dry-runs", job, locale],
    queryFn: ({ signal }) => api.get<Found>(`/automation/dry-runs/${job}`, undefined, signal),
    enabled: job !== null,
    refetchInterval: (query) => (["done", "failed"].includes(query.state.data?.state ?? "") ? false : 700),
  });
  const found = run.data?.result;
  const running = job !== null && run.data?.state !== "done" && run.data?.state !== "failed" && !run.error;
  return (
    <div>
      <Space wrap className="qk-gap">
        <label htmlFor="dry-days">{t("dry.days")}</label>
        <InputNumber
          id="dry-days"
          min={1}
          max={90}
          precision={0}
          value={days}
          onChange={(value) => setDays(value ?? 7)}
        />
        <Button
          icon={<FlaskConical size={14} aria-hidden />}
          loading={ask.busy || running}
          disabled={props.rule.actions.length === 0}
          onClick={() => void ask.run()}
        >
          {t("dry.run")}
        </Button>
        <span className="qk-muted">{t("dry.safe")}</span>
      </Space>
      {running && (
        <Progress
          percent={run.data?.total ? Math.round((run.data.done / run.data.total) * 100) : 0}
          format={() => integer(run.data?.done ?? 0, locale)}
          aria-label={t("dry.progress")}
        />
      )}
      {run.data?.state === "failed" && <Alert type="error" showIcon title={t("dry.failed")} />}
      {found && (
        <div aria-live="polite">
          <p>
            {t("dry.summary", {
              looked: integer(found.looked, locale),
              matched: integer(found.matched, locale),
              objects: integer(found.objects, locale),
            })}{" "}
            {found.faulty > 0 && t("dry.faulty", { count: found.faulty })} {found.cut && t("dry.cut")}
          </p>
          {found.reasons.length > 0 && (
            <p className="qk-muted">
              {t("dry.why")}{" "}
              {found.reasons
                .map((one) => `${props.label(one.what)} ×${integer(one.count, locale)}`)
                .join(" · ")}
            </p>
          )}
          <Table
            size="small"
            rowKey={(row) => `${row.subject_id}-${row.at}`}
            dataSource={found.rows}
            pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
            locale={{ emptyText: t("dry.none") }}
            scroll={{ x: "max-content" }}
            columns={[
              { key: "at", title: t("dry.at"), render: (_, row) => absoluteTime(row.at, locale) },
              {
                key: "object",
                title: t("dry.object"),
                render: (_, row) =>
                  row.object ? (
                    <Button type="link" size="small" className="qa-object" onClick={() => go(row.link)}>
                      {row.object}
                    </Button>
                  ) : (
                    "–"
                  ),
              },
              {
                key: "what",
                title: t("dry.what"),
                render: (_, row) =>
                  row.verdict === "faulty" ? (
                    <Tag color="error">{t("dry.cannot")}</Tag>
                  ) : (
                    <ul className="qa-lines">
                      {row.lines.map((line) => (
                        <li key={line}>{line}</li>
                      ))}
                    </ul>
                  ),
              },
            ]}
          />
        </div>
      )}
    </div>
  );
}

function bodyOf(rule: RuleBody): RuleBody {
  const { name, description, subject, trigger, condition, actions, stop } = sendable(rule);
  return {
    name: name || "–",
    description,
    subject,
    trigger,
    condition,
    actions,
    stop,
    enabled: false,
    active_from: null,
    active_until: null,
  };
}
