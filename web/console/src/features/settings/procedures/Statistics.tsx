import { Link } from "@tanstack/react-router";
import { Drawer, Select, Tag } from "antd";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { duration } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { Chart } from "../../insight/Chart";
import { useWords } from "../../tickets/bits";
import type { RunSummary } from "../../tickets/sop/types";
import type { Text } from "../../tickets/types";
import { State, useOne, usePages } from "../kit";

interface Step {
  step: string;
  title: Text;
  type: string;
  entered: number;
  left: number;
  stopped: number;
  waiting: number;
  skipped: number;
  deviated: number;
  back: number;
  median_s: number | null;
}
interface Figures {
  runs: number;
  finished: number;
  good: number;
  stopped: number;
  open: number;
  deviating: number;
  median_s: number | null;
  outcomes: { outcome: string | null; label: Text; count: number }[];
  steps: Step[];
  ways: { frm: string; to: string | null; count: number }[];
  versions: number[];
  deviations: Record<string, number>;
}
interface Drill {
  state?: string;
  step?: string;
  how?: string;
  title: string;
}

/** How the procedure goes: where people leave it, what they pass over, how long each step takes; behind each number its runs. */
export function Statistics({ id }: { id: string }) {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const words = useWords();
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const [version, setVersion] = useState<number | null>(null);
  const [days, setDays] = useState(90);
  const [drill, setDrill] = useState<Drill | null>(null);
  const asked = new URLSearchParams({ days: String(days), ...(version ? { number: String(version) } : {}) });
  const { data, isPending, error, refetch } = useOne<Figures>(`/procedures/${id}/statistics?${asked}`, {
    staleTime: 0,
  });
  const time = (seconds: number | null) => (seconds === null ? "—" : duration(Math.round(seconds), locale));
  const met = data?.steps.filter((step) => step.entered > 0) ?? [];
  const number = (n: number, step: Step, how: string) =>
    n ? (
      <button
        type="button"
        className="qf-link"
        onClick={() =>
          setDrill({ step: step.step, how, title: `${words(step.title, step.step)} · ${t(`stat.${how}`)}` })
        }
      >
        {n}
      </button>
    ) : (
      <span className="qf-hint">0</span>
    );
  return (
    <div className="qp-stats">
      <div className="qf-row qp-filter">
        <Select
          aria-label={t("stat.version")}
          value={version ?? 0}
          onChange={(n: number) => setVersion(n || null)}
          options={[
            { value: 0, label: t("stat.all_versions") },
            ...(data?.versions ?? []).map((n) => ({ value: n, label: `v${n}` })),
          ]}
        />
        <Select
          aria-label={t("stat.days")}
          value={days}
          onChange={setDays}
          options={[7, 30, 90, 365].map((n) => ({ value: n, label: t("stat.last_days", { n }) }))}
        />
      </div>
      <State
        loading={isPending}
        error={error}
        onRetry={() => void refetch()}
        empty={data?.runs === 0}
        emptyTitle={t("stat.none")}
      >
        {data ? (
          <>
            <div className="qp-tiles">
              {(
                [
                  ["runs", data.runs, undefined],
                  ["finished", data.finished, "finished"],
                  ["stopped", data.stopped, "stopped"],
                  ["open", data.open, "open"],
                  ["deviating", data.deviating, "deviating"],
                ] as const
              ).map(([key, n, state]) => (
                <button
                  key={key}
                  type="button"
                  className="qp-tile"
                  onClick={() => setDrill({ ...(state ? { state } : {}), title: t(`stat.${key}`) })}
                >
                  <strong>{n}</strong>
                  <span>{t(`stat.${key}`)}</span>
                </button>
              ))}
              <div className="qp-tile">
                <strong>{time(data.median_s)}</strong>
                <span>{t("stat.median")}</span>
              </div>
            </div>
            <p>
              {data.outcomes.map((one) => (
                <Tag key={one.outcome ?? "-"}>
                  {words(one.label, one.outcome ?? "—")} {one.count}
                </Tag>
              ))}
              {Object.entries(data.deviations).map(([key, n]) => (
                <Tag key={key} color="warning">
                  {kinds(`deviation.${key}`)} {n}
                </Tag>
              ))}
            </p>
            <Chart
              label={t("stat.where")}
              unit={t("stat.unit")}
              corner={t("stat.step")}
              height={280}
              categories={met.map((step) => words(step.title, step.step))}
              series={[
                { name: t("stat.left"), kind: "bar", tone: "accent", values: met.map((step) => step.left) },
                {
                  name: t("stat.deviated"),
                  kind: "bar",
                  tone: "wait",
                  values: met.map((step) => step.deviated),
                },
                {
                  name: t("stat.stopped"),
                  kind: "bar",
                  tone: "breach",
                  values: met.map((step) => step.stopped),
                },
              ]}
            />
            <table className="qp-table">
              <thead>
                <tr>
                  {[
                    "step",
                    "entered",
                    "waiting",
                    "stopped",
                    "deviated",
                    "skipped",
                    "back",
                    "median",
                    "goes_to",
                  ].map((key) => (
                    <th key={key} scope="col">
                      {t(`stat.${key}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {data.steps.map((step) => (
                  <tr key={step.step}>
                    <th scope="row">
                      {words(step.title, step.step)}
                      <div
                        className="qp-funnel"
                        style={{ width: `${(100 * step.entered) / Math.max(1, data.runs)}%` }}
                      />
                    </th>
                    <td>{number(step.entered, step, "entered")}</td>
                    <td>{number(step.waiting, step, "waiting")}</td>
                    <td>{number(step.stopped, step, "stopped")}</td>
                    <td>{number(step.deviated, step, "deviated")}</td>
                    <td>{step.skipped}</td>
                    <td>{step.back}</td>
                    <td>{time(step.median_s)}</td>
                    <td className="qf-hint">
                      {data.ways
                        .filter((way) => way.frm === step.step)
                        .map((way) => {
                          const to = data.steps.find((one) => one.step === way.to);
                          return `${to ? words(to.title, to.step) : t("stat.elsewhere")} ${way.count}`;
                        })
                        .join(" · ")}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        ) : null}
      </State>
      {drill ? (
        <Runs id={id} drill={drill} days={days} version={version} onClose={() => setDrill(null)} />
      ) : null}
    </div>
  );
}

function Runs(props: {
  id: string;
  drill: Drill;
  days: number;
  version: number | null;
  onClose: () => void;
}) {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const words = useWords();
  const { title, ...asked } = props.drill;
  const pages = usePages<RunSummary>(`/procedures/${props.id}/runs`, {
    ...asked,
    days: props.days,
    ...(props.version ? { number: props.version } : {}),
  });
  return (
    <Drawer open title={title} onClose={props.onClose}>
      <State
        loading={pages.loading}
        error={pages.error}
        onRetry={() => void pages.refetch()}
        empty={pages.rows?.length === 0}
        emptyTitle={t("stat.none")}
      >
        <ul className="qf-versions">
          {pages.rows?.map((run) => (
            <li key={run.id}>
              <div>
                <Link
                  to={
                    (run.subject_kind === "ticket"
                      ? `/tickets/${run.subject}`
                      : `/inbox/all/${run.subject_id}`) as string
                  }
                >
                  {run.subject || "—"}
                </Link>{" "}
                <Tag color={run.good ? "success" : undefined}>
                  {words(run.outcome, kinds(`state.${run.state}`))}
                </Tag>
                {run.deviations ? (
                  <Tag color="warning">{kinds("deviations", { n: run.deviations })}</Tag>
                ) : null}
                <div className="qf-hint">
                  v{run.number} · {run.owner?.name ?? "—"} · <RelativeTime at={run.started_at} />
                  {run.step_title ? ` · ${words(run.step_title)}` : ""}
                </div>
              </div>
            </li>
          ))}
        </ul>
        {pages.more.has ? (
          <button type="button" className="qf-link" onClick={pages.more.load}>
            {t("more")}
          </button>
        ) : null}
      </State>
    </Drawer>
  );
}
