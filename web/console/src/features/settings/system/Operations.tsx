import { Button, Drawer, Tabs, Tag } from "antd";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { Id, Iso } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, duration, fileSize, integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { useWord } from "../audit/Audit";
import {
  Code,
  type Column,
  DataTable,
  Dot,
  Page,
  State,
  useConfirm,
  useOne,
  usePages,
  useSubmit,
} from "../kit";
import { readHealth } from "./health";

interface DeadLetter {
  id: Id;
  reaction: string;
  kind: string;
  conversation_id: Id | null;
  payload: unknown;
  state: "retrying" | "dead" | string;
  attempts: number;
  error: string | null;
  next_at: Iso;
  event_at: Iso;
  created_at: Iso;
}

function Health() {
  const t = useT("settings");
  const locale = useLocale();
  const word = useWord();
  const health = useOne<unknown>("/operations/health", { refetchInterval: 10_000 });
  const parts = readHealth(health.data);
  const show = (name: string, value: unknown): string => {
    if (typeof value === "boolean") return t(value ? "kit.yes" : "kit.no");
    if (name === "now") return absoluteTime(String(value), locale);
    if (typeof value !== "number") return String(value ?? "–");
    if (/bytes$/.test(name)) return fileSize(value);
    if (/_ms$/.test(name)) return t("operations.ms", { n: Math.round(value * 10) / 10 });
    if (/(_s|seconds|uptime)$/.test(name)) return duration(value, locale);
    return integer(value, locale);
  };
  return (
    <State
      loading={health.isPending}
      error={health.data ? undefined : health.error}
      onRetry={() => void health.refetch()}
    >
      <div className="qo-grid">
        {parts.map((part) => (
          <section key={part.name} className="qo-card">
            <h3>
              <Dot tone={part.tone}>{word(`operations.part.${part.name}`, part.name)}</Dot>
              {part.state && <Tag>{t(`operations.state.${part.tone}`)}</Tag>}
            </h3>
            {part.message && <p className="qs-fault">{part.message}</p>}
            <dl>
              {part.figures.map(([name, value]) => (
                <div key={name}>
                  <dt>{word(`operations.figure.${name}`, name)}</dt>
                  <dd className="qk-num">{show(name, value)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </State>
  );
}

function DeadLetters() {
  const t = useT("settings");
  const letters = usePages<DeadLetter>("/operations/dead-letters", {});
  const confirm = useConfirm();
  const [open, setOpen] = useState<DeadLetter | null>(null);
  const replay = useSubmit((letter: DeadLetter) => api.post(`/operations/dead-letters/${letter.id}/replay`), {
    stale: ["/operations/dead-letters", "/operations/health"],
    done: t("operations.replayed"),
    onDone: () => setOpen(null),
  });
  const dismiss = useSubmit((letter: DeadLetter) => api.delete(`/operations/dead-letters/${letter.id}`), {
    stale: ["/operations/dead-letters", "/operations/health"],
    done: t("operations.dismissed"),
    onDone: () => setOpen(null),
  });
  const columns: Column<DeadLetter>[] = [
    {
      key: "reaction",
      title: t("operations.reaction"),
      fixedIn: true,
      render: (_, letter) => (
        <button type="button" className="qk-linkish" onClick={() => setOpen(letter)}>
          <code translate="no">{letter.reaction}</code>
        </button>
      ),
    },
    {
      key: "event",
      title: t("operations.event"),
      render: (_, letter) => <code translate="no">{letter.kind}</code>,
    },
    {
      key: "state",
      title: t("users.status"),
      render: (_, letter) => (
        <Dot tone={letter.state === "dead" ? "breach" : "wait"}>
          {t(letter.state === "dead" ? "operations.dead" : "operations.retrying")}
        </Dot>
      ),
    },
    {
      key: "error",
      title: t("operations.error"),
      render: (_, letter) => <span className="qk-clip qs-wide">{letter.error}</span>,
    },
    {
      key: "attempts",
      title: t("operations.attempts"),
      align: "right",
      className: "qk-num",
      render: (_, letter) => letter.attempts,
    },
    {
      key: "at",
      title: t("operations.failedAt"),
      render: (_, letter) => <RelativeTime at={letter.event_at} />,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, letter) => (
        <Button
          size="small"
          icon={<RotateCcw size={14} />}
          loading={replay.busy}
          onClick={() => void replay.run(letter)}
        >
          {t("operations.replay")}
        </Button>
      ),
    },
  ];
  return (
    <>
      <DataTable
        id="dead-letters"
        label={t("operations.deadLetters")}
        rows={letters.rows}
        rowKey="id"
        columns={columns}
        loading={letters.loading}
        error={letters.error}
        onRetry={() => void letters.refetch()}
        more={letters.more}
        onOpen={setOpen}
        emptyTitle={t("operations.noDeadLetters")}
        emptyText={t("operations.noDeadLettersText")}
      />
      <Drawer
        open={open !== null}
        title={t("operations.deadLetter")}
        size={640}
        onClose={() => setOpen(null)}
      >
        {open && (
          <div className="qs-stack">
            <Code label={t("operations.error")} text={open.error ?? "–"} />
            {open.payload !== undefined && (
              <Code label={t("operations.payload")} text={JSON.stringify(open.payload, null, 2)} />
            )}
            <div>
              <Button
                type="primary"
                icon={<RotateCcw size={14} />}
                loading={replay.busy}
                onClick={() => void replay.run(open)}
              >
                {t("operations.replay")}
              </Button>{" "}
              <Button
                danger
                onClick={() =>
                  confirm({
                    title: t("operations.dismissTitle"),
                    text: t("operations.dismissText"),
                    ok: t("operations.dismiss"),
                    run: () => dismiss.run(open),
                  })
                }
              >
                {t("operations.dismiss")}
              </Button>
            </div>
          </div>
        )}
      </Drawer>
    </>
  );
}

interface JobView {
  id: Id;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | string;
  done: number;
  total: number | null;
  error: string | null;
  created_at: Iso;
  finished_at: Iso | null;
}

const JOB_TONES: Record<string, "ok" | "wait" | "breach" | "idle"> = {
  done: "ok",
  running: "wait",
  queued: "idle",
  failed: "breach",
};

function Jobs() {
  const t = useT("settings");
  const locale = useLocale();
  const word = useWord();
  const jobs = usePages<JobView>("/operations/jobs", {});
  const columns: Column<JobView>[] = [
    {
      key: "kind",
      title: t("operations.job"),
      fixedIn: true,
      render: (_, job) => word(`operations.jobs.${job.kind}`, job.kind),
    },
    {
      key: "state",
      title: t("users.status"),
      render: (_, job) => (
        <Dot tone={JOB_TONES[job.state] ?? "idle"}>{word(`operations.jobState.${job.state}`, job.state)}</Dot>
      ),
    },
    {
      key: "done",
      title: t("operations.progress"),
      align: "right",
      className: "qk-num",
      render: (_, job) =>
        job.total === null
          ? integer(job.done, locale)
          : `${integer(job.done, locale)} / ${integer(job.total, locale)}`,
    },
    {
      key: "error",
      title: t("operations.error"),
      render: (_, job) => <span className="qk-clip qs-wide">{job.error ?? "–"}</span>,
    },
    { key: "at", title: t("operations.startedAt"), render: (_, job) => <RelativeTime at={job.created_at} /> },
  ];
  return (
    <DataTable
      id="jobs"
      label={t("operations.jobsTitle")}
      rows={jobs.rows}
      rowKey="id"
      columns={columns}
      loading={jobs.loading}
      error={jobs.error}
      onRetry={() => void jobs.refetch()}
      more={jobs.more}
      emptyTitle={t("operations.noJobs")}
    />
  );
}

export default function Operations() {
  const t = useT("settings");
  return (
    <Page wide title={t("nav.operations")} description={t("operations.description")}>
      <Tabs
        items={[
          { key: "health", label: t("operations.health"), children: <Health /> },
          { key: "jobs", label: t("operations.jobsTitle"), children: <Jobs /> },
          { key: "dead", label: t("operations.deadLetters"), children: <DeadLetters /> },
        ]}
      />
    </Page>
  );
}
