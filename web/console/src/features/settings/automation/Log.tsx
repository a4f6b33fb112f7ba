import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select, Tag } from "antd";
import { useMemo } from "react";
import { useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { absoluteTime } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Page, usePages, useRows } from "../kit";
import { type Operator, operatorWord } from "../kit/conditions";
import { reasonWords, shown } from "./model";
import type { Catalogue, Rule, Run } from "./types";
import "./automation.css";

const TONES = { done: "success", unmatched: "default", failed: "error", limited: "warning" } as const;

/** What every rule did, on what, and why not. */
export default function Log() {
  const t = useT("settings/automation");
  const tk = useT("settings/kit");
  const locale = useLocale();
  const go = useGo();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const narrow = (change: Record<string, string | undefined>) =>
    void navigate({
      to: ".",
      search: ((old: Record<string, unknown>) => ({ ...old, ...change })) as never,
      replace: true,
    });
  const rules = useRows<Rule>("/automation/rules", { locale });
  const catalogue = useGet<Catalogue>("/automation/catalogue", { locale });
  const runs = usePages<Run>("/automation/runs", {
    rule_id: search.rule,
    outcome: search.outcome,
    chain_id: search.chain,
    subject_id: search.object,
    locale,
    limit: 50,
  });
  const labels = useMemo(() => {
    const facts = Object.values(catalogue.data?.facts ?? {}).flat();
    return new Map(facts.map((fact) => [fact.path, fact] as const));
  }, [catalogue.data]);
  const label = (path: string) => labels.get(path)?.label ?? path;
  const event = (run: Run) => {
    if (run.trigger.startsWith("time.")) return t(`since.${run.trigger.slice(5)}`);
    if (run.trigger === "schedule") return t("when.schedule");
    const key = run.trigger === "conversation.message_created" ? "conversation.message" : run.trigger;
    const known = Object.values(catalogue.data?.events ?? {}).flat();
    return known.find((one) => one.key === key)?.label ?? run.trigger;
  };
  const why = (run: Run) => {
    if (run.reason?.message) return run.reason.message;
    const words = reasonWords(run.reason, label);
    if (!words) return null;
    const { op, fact, value, seen } = run.reason ?? {};
    if (!op || !fact) return t(words.key, words.params);
    const options = labels.get(fact)?.options ?? [];
    const named = (one: unknown): string =>
      Array.isArray(one)
        ? one.map(named).join(t("comma")) || t("log.nothing")
        : one === null || one === undefined || one === ""
          ? t("log.nothing")
          : (options.find((option) => option.value === one)?.label ?? shown(one));
    return t(words.key, {
      ...words.params,
      op: tk(`conditions.op.${operatorWord("text", op as Operator)}`),
      value: named(value),
      seen: named(seen),
    });
  };
  const columns: Column<Run>[] = [
    {
      key: "at",
      title: t("log.at"),
      width: 100,
      render: (_, run) => (
        <span title={absoluteTime(run.at, locale)}>
          <RelativeTime at={run.at} />
        </span>
      ),
    },
    {
      key: "rule",
      title: t("log.rule"),
      width: 150,
      render: (_, run) => (
        <Button type="link" size="small" className="qa-object" onClick={() => narrow({ rule: run.rule_id })}>
          {run.rule}
        </Button>
      ),
    },
    {
      key: "object",
      title: t("log.object"),
      width: 170,
      render: (_, run) =>
        run.object ? (
          <Button
            type="link"
            size="small"
            className="qa-object"
            onClick={() =>
              go(
                run.subject === "ticket"
                  ? `/tickets/${run.object?.split(" ")[0]}`
                  : `/inbox/${run.subject_id}`,
              )
            }
          >
            {run.object}
          </Button>
        ) : (
          <span className="qk-muted">{t(run.subject === "none" ? "log.noObject" : "log.gone")}</span>
        ),
    },
    { key: "trigger", title: t("log.trigger"), width: 120, render: (_, run) => event(run) },
    {
      key: "outcome",
      title: t("log.outcome"),
      width: 90,
      render: (_, run) => <Tag color={TONES[run.outcome]}>{t(`outcome.${run.outcome}`)}</Tag>,
    },
    {
      key: "what",
      title: t("log.what"),
      render: (_, run) => (
        <div className="qa-what">
          {why(run) && <span className={run.outcome === "failed" ? "qa-problem" : ""}>{why(run)}</span>}
          {run.actions.length > 0 && (
            <ul className="qa-lines">
              {run.actions.map((action) => (
                <li key={action.text}>
                  {action.text}
                  {action.ticket && (
                    <>
                      {" "}
                      <Button
                        type="link"
                        size="small"
                        className="qa-object"
                        onClick={() => go(`/tickets/${action.ticket}`)}
                      >
                        {action.ticket}
                      </Button>
                    </>
                  )}
                  {action.fault && action.fault !== why(run) && (
                    <em className="qa-problem"> {action.fault}</em>
                  )}
                </li>
              ))}
            </ul>
          )}
          {run.depth > 0 && (
            <Button
              type="link"
              size="small"
              className="qa-object qa-chain"
              onClick={() => narrow({ chain: run.chain_id })}
            >
              {t("log.chain", { n: run.depth })}
            </Button>
          )}
        </div>
      ),
    },
    {
      key: "ms",
      title: t("log.ms"),
      align: "right",
      width: 80,
      extra: true,
      render: (_, run) => run.milliseconds.toFixed(1),
    },
  ];
  const narrowed = Boolean(search.rule || search.outcome || search.chain || search.object);
  return (
    <Page title={t("log.title")} description={t("log.text")} onBack={() => go("/settings/automation")} wide>
      <DataTable<Run>
        id="automation-log"
        label={t("log.title")}
        rows={runs.rows}
        rowKey="id"
        columns={columns}
        loading={runs.loading}
        error={runs.error}
        onRetry={() => void runs.refetch()}
        more={runs.more}
        narrowed={narrowed}
        emptyTitle={t("log.empty")}
        emptyText={t("log.emptyText")}
        filters={
          <>
            <Select
              allowClear
              style={{ width: 240 }}
              placeholder={t("log.anyRule")}
              aria-label={t("log.rule")}
              showSearch={{ optionFilterProp: "label" }}
              value={search.rule}
              onChange={(rule) => narrow({ rule: rule ?? undefined })}
              options={(rules.rows ?? []).map((rule) => ({ value: rule.id, label: rule.name }))}
            />
            <Select
              allowClear
              style={{ width: 150 }}
              placeholder={t("log.anyOutcome")}
              aria-label={t("log.outcome")}
              value={search.outcome}
              onChange={(outcome) => narrow({ outcome: outcome ?? undefined })}
              options={Object.keys(TONES).map((value) => ({ value, label: t(`outcome.${value}`) }))}
            />
            {search.chain && (
              <Tag closable onClose={() => narrow({ chain: undefined })}>
                {t("log.oneChain")}
              </Tag>
            )}
          </>
        }
      />
    </Page>
  );
}
