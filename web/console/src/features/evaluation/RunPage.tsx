import { Link, useParams } from "@tanstack/react-router";
import { Button, Progress, Select, Table } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { Chart } from "@/features/insight/Chart";
import { absoluteTime, integer, percent } from "@/lib/format";
import {
  type Column,
  DataTable,
  Page,
  Section,
  State,
  useOne,
  usePages,
  useRows,
  useSubmit,
} from "../settings/kit";
import { Card, Expected, Given, Ranked, VerdictDot } from "./bits";
import { going, interval, inWords, share, steps } from "./model";
import { type Figures, type Result, type Run, type Shares, VERDICTS } from "./types";
import "@/features/insight/insight.css";

export default function RunPage() {
  const { runId } = useParams({ strict: false }) as { runId: string };
  const t = useT("evaluation");
  const locale = useLocale();
  const go = useGo();
  const path = `/evaluation/runs/${runId}`;
  const [again, setAgain] = useState(true);
  const run = useOne<Run>(path, { refetchInterval: again ? 900 : false, staleTime: 0 });
  const data = run.data;
  if (data && again !== going(data)) setAgain(Boolean(going(data)));
  const cancel = useSubmit(() => api.post<Run>(`${path}/cancel`), { stale: [path, "/evaluation/sets"] });
  return (
    <Page
      wide
      title={data ? inWords(data.config, t, locale) : t("run.title")}
      description={
        data && t("run.facts", { at: absoluteTime(data.created_at, locale), texts: data.texts ?? "–" })
      }
      onBack={() => go(data ? `/evaluation/sets/${data.set_id}` : "/evaluation")}
    >
      <State loading={run.isPending} error={run.error} onRetry={() => void run.refetch()}>
        {data && going(data) && (
          <div className="ev-going" aria-live="polite">
            <Progress percent={data.total ? Math.round((data.done / data.total) * 100) : 0} status="active" />
            <p className="qk-num">
              {data.done === 0
                ? t("run.preparing")
                : t("run.progress", { done: integer(data.done, locale), total: integer(data.total, locale) })}
            </p>
            <Button loading={cancel.busy} onClick={() => void cancel.run()}>
              {t("run.cancel")}
            </Button>
          </div>
        )}
        {data && (data.state === "failed" || data.state === "cancelled") && (
          <p className="qk-muted">{t(`run.ended.${data.state}`)}</p>
        )}
        {data?.figures && <Overview run={data} figures={data.figures} />}
        {data && !going(data) && <Results run={data} />}
      </State>
    </Page>
  );
}

function Overview({ run, figures }: { run: Run; figures: Figures }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const maySpaces = useCan("knowledge.view");
  const spaces = useRows<{ id: string; name: string }>("/knowledge/spaces", {}, maySpaces);
  const curve = steps(figures.curve);
  const sure = figures.reliability.filter((tenth) => tenth.cases > 0);
  const whole = (value: number | null) => (value === null ? null : Math.round(value * 100));
  const spaceName = (id: string) => spaces.rows?.find((space) => space.id === id)?.name ?? t("text.hidden");
  const parts: { key: string; name: string; shares: Shares }[] = [
    ...Object.entries(figures.by_locale).map(([key, shares]) => ({ key, name: t(`locale.${key}`), shares })),
    ...Object.entries(figures.by_space).map(([key, shares]) => ({ key, name: spaceName(key), shares })),
  ];
  const column = (key: "accuracy" | "coverage" | "right_of_answered" | "recall_1" | "recall_5") => ({
    key,
    title: t(`figure.${key}`),
    align: "right" as const,
    render: (_: unknown, part: { shares: Shares }) => (
      <span className="qk-num">{share(part.shares[key], locale)}</span>
    ),
  });
  return (
    <>
      <div className="ev-cards">
        <Card
          label={t("figure.accuracy")}
          value={share(figures.accuracy, locale)}
          note={interval(figures.accuracy_interval, locale)}
        />
        <Card
          label={t("figure.coverage")}
          value={share(figures.coverage, locale)}
          note={t("figure.answeredOf", { answered: figures.answered, all: figures.in_scope })}
        />
        <Card
          label={t("figure.right_of_answered")}
          value={share(figures.right_of_answered, locale)}
          note={interval(figures.right_of_answered_interval, locale)}
        />
        <Card
          label={t("figure.recall_5")}
          value={share(figures.recall_5, locale)}
          note={t("figure.firstOf", { share: share(figures.recall_1, locale) })}
        />
        <Card
          label={t("figure.false_answer_rate")}
          value={share(figures.false_answer_rate, locale)}
          note={t("figure.falseOf", { wrong: figures.false_answers, all: figures.out_of_scope })}
        />
        <Card
          label={t("figure.handoff_rate")}
          value={share(figures.handoff_rate, locale)}
          note={t("figure.handoffNote")}
        />
        <Card
          label={t("figure.ms")}
          value={figures.ms_p50 === null ? "–" : t("figure.msOf", { ms: Math.round(figures.ms_p50) })}
          note={figures.ms_p99 === null ? undefined : t("figure.p99", { ms: Math.round(figures.ms_p99) })}
        />
      </div>
      <div className="ev-charts">
        <Section title={t("chart.curve")} description={t("chart.curveText")}>
          <Chart
            label={t("chart.curve")}
            corner={t("chart.answered")}
            unit="%"
            height={220}
            categories={curve.map((point) => percent(point.coverage, locale))}
            series={[
              {
                name: t("chart.wrong"),
                kind: "line",
                tone: "breach",
                values: curve.map((point) => whole(point.error)),
              },
            ]}
          />
        </Section>
        <Section title={t("chart.sure")} description={t("chart.sureText")}>
          <Chart
            label={t("chart.sure")}
            corner={t("chart.tenth")}
            unit="%"
            height={220}
            categories={sure.map((tenth) =>
              t("chart.from", { share: percent(tenth.from, locale), n: tenth.cases }),
            )}
            series={[
              {
                name: t("chart.right"),
                kind: "bar",
                tone: "accent",
                values: sure.map((tenth) => whole(tenth.right)),
              },
              {
                name: t("chart.said"),
                kind: "line",
                tone: "before",
                values: sure.map((tenth) => whole(tenth.said)),
              },
            ]}
          />
        </Section>
      </div>
      {parts.length > 2 && (
        <Table
          className="qk-gap"
          size="small"
          rowKey="key"
          dataSource={parts}
          pagination={false}
          aria-label={t("figure.parts")}
          scroll={{ x: "max-content" }}
          columns={[
            { key: "name", title: t("figure.parts"), render: (_, part) => part.name },
            {
              key: "cases",
              title: t("set.cases"),
              align: "right",
              render: (_, part) => <span className="qk-num">{integer(part.shares.cases, locale)}</span>,
            },
            column("accuracy"),
            column("coverage"),
            column("right_of_answered"),
            column("recall_1"),
            column("recall_5"),
          ]}
        />
      )}
      {run.config.model && <p className="qk-muted">{t("run.modelNote")}</p>}
    </>
  );
}

function Results({ run }: { run: Run }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const [verdict, setVerdict] = useState<string>();
  const results = usePages<Result>(`/evaluation/runs/${run.id}/results`, { verdict });
  const columns: Column<Result>[] = [
    {
      key: "question",
      title: t("case.question"),
      fixedIn: true,
      render: (_, one) => (
        <div className="ev-wide">
          {one.context && <div className="qk-muted">{t("case.after", { question: one.context })}</div>}
          <strong>{one.question}</strong>
        </div>
      ),
    },
    {
      key: "verdict",
      title: t("result.verdict"),
      fixedIn: true,
      render: (_, one) => <VerdictDot verdict={one.verdict} />,
    },
    {
      key: "given",
      title: t("result.given"),
      render: (_, one) => (
        <div className="ev-wide">
          <Given decision={one.decision} given={one.given} flow={one.given_flow} />
        </div>
      ),
    },
    {
      key: "expected",
      title: t("case.expects"),
      render: (_, one) => (
        <div className="ev-wide">
          <Expected expects={one.expects} expected={one.expected} flow={one.flow} />
        </div>
      ),
    },
    {
      key: "probability",
      title: t("result.probability"),
      align: "right",
      render: (_, one) => <span className="qk-num">{percent(one.probability, locale)}</span>,
    },
    {
      key: "rank",
      title: t("result.rank"),
      align: "right",
      render: (_, one) => <span className="qk-num">{one.rank ?? "–"}</span>,
    },
    {
      key: "ms",
      title: t("result.ms"),
      align: "right",
      extra: true,
      render: (_, one) => <span className="qk-num">{Math.round(one.ms)}</span>,
    },
  ];
  return (
    <DataTable
      id="evaluation-results"
      label={t("result.title")}
      rows={results.rows}
      rowKey="case_id"
      columns={columns}
      loading={results.loading}
      error={results.error}
      onRetry={() => void results.refetch()}
      more={results.more}
      narrowed={Boolean(verdict)}
      emptyTitle={t("result.none")}
      filters={
        <Select
          allowClear
          style={{ minWidth: 180 }}
          placeholder={t("result.any")}
          aria-label={t("result.any")}
          value={verdict}
          onChange={setVerdict}
          options={VERDICTS.map((one) => ({
            value: one,
            label: `${t(`verdict.${one}`)} ${integer(run.figures?.verdicts[one] ?? 0, locale)}`,
          }))}
        />
      }
      table={{
        expandable: {
          expandedRowRender: (one) => <Why result={one} />,
          rowExpandable: () => true,
        },
      }}
    />
  );
}

/** What a decision rests on: the best texts, how sure, what would have been enough. */
export function Why({ result }: { result: Result }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const { why } = result;
  const absent = result.expects === "texts" && why.present === 0;
  return (
    <div className="ev-why">
      <Ranked found={result.found} />
      <ul>
        {why.threshold !== undefined && (
          <li>{t("why.threshold", { share: percent(why.threshold, locale) })}</li>
        )}
        {absent && <li>{t("why.absent")}</li>}
        {why.rewritten && <li>{t("why.rewritten", { question: why.rewritten })}</li>}
        {why.written !== undefined && <li>{t(why.written ? "why.written" : "why.notWritten")}</li>}
        {result.expected[0]?.kind === "faq" && result.verdict !== "right" && (
          <li>
            <Link to={`/knowledge/faqs/${result.expected[0].id}` as string}>{t("why.mend")}</Link>
          </li>
        )}
      </ul>
    </div>
  );
}
