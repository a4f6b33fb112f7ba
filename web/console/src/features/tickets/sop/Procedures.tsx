import { useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Input, Popover, Progress, Select, Tag } from "antd";
import { ChevronDown, CirclePause, CirclePlay, Lightbulb, ListChecks, UserRoundCog } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, newKey } from "@/api/client";
import { useGet } from "@/api/hooks";
import { Problem, sentenceOf } from "@/api/problem";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useShortcuts } from "@/app/shortcuts";
import { realtime } from "@/realtime/client";
import { toast } from "@/ui/feedback";
import { EmptyState, Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useWords } from "../bits";
import { PersonPicker } from "../fields/pickers";
import { StepCard, without } from "./StepCard";
import type { Act, ForSubject, RunSummary, RunView, StepLine, SubjectKind, Suggestion } from "./types";
import "./sop.css";

interface Props {
  kind: SubjectKind;
  id: Id;
  customerId?: Id | null;
  /** Something that changes with the subject, so that what fits is asked again. */
  stamp?: number;
}

/** Procedures of a ticket or conversation: what fits, the one being walked, and those that are over. */
export function Procedures({ kind, id, customerId, stamp }: Props) {
  const t = useT("tickets/sop");
  const words = useWords();
  const client = useQueryClient();
  const path = `/procedures/for/${kind}/${id}`;
  const query = useGet<ForSubject>(path, stamp === undefined ? {} : { stamp: String(stamp) });
  useEffect(
    () =>
      realtime.on("procedure.changed", ({ run_id, subject_id }) => {
        if (subject_id !== id) return;
        void client.invalidateQueries({ queryKey: [path] });
        void client.invalidateQueries({ queryKey: [`/procedures/runs/${run_id}`] });
      }),
    [client, id, path],
  );
  const [chosen, setChosen] = useState<Id | null>(null);
  const [busy, setBusy] = useState(false);
  const known = query.data;
  const open = known?.runs.filter((run) => !run.ended_at) ?? [];
  const over = known?.runs.filter((run) => run.ended_at) ?? [];
  const shown = chosen ?? open[0]?.id ?? null;
  const best = open.length === 0 ? known?.suggestions[0] : undefined;
  const start = async (one: Suggestion, reason: "hand" | "intent" | "type") => {
    setBusy(true);
    try {
      const run = await api.post<RunView>("/procedures/runs", {
        procedure: one.key,
        subject_kind: kind,
        subject_id: id,
        reason,
      });
      client.setQueryData([`/procedures/runs/${run.id}`, {}], run);
      setChosen(run.id);
      await client.invalidateQueries({ queryKey: [path] });
      focusCard();
    } catch (problem) {
      toast.error(sentenceOf(problem));
    } finally {
      setBusy(false);
    }
  };
  const why = (one: Suggestion): "intent" | "type" | "hand" =>
    one.why.some((w) => w.kind === "type") ? "type" : one.why.length ? "intent" : "hand";
  useShortcuts([
    {
      keys: "shift+p",
      group: kind === "ticket" ? "ticket" : "conversation",
      label: best && known?.may ? t("key_start", { name: words(best.name) }) : t("key_focus"),
      enabled: open.length > 0 || (!!best && !!known?.may),
      run: () => (best && known?.may ? void start(best, why(best)) : focusCard()),
    },
  ]);
  const starter =
    known?.may && known.startable.length ? (
      <Dropdown
        trigger={["click"]}
        menu={{
          items: known.startable.map((one) => ({ key: one.key, label: words(one.name, one.key) })),
          onClick: ({ key }) => {
            const one = known.startable.find((found) => found.key === key);
            if (one) void start(one, "hand");
          },
        }}
      >
        <Button size="small" loading={busy} icon={<ListChecks size={13} aria-hidden />}>
          {t("start")} <ChevronDown size={12} aria-hidden />
        </Button>
      </Dropdown>
    ) : null;
  return (
    <div className="qsop">
      <Fetched
        query={query}
        isEmpty={(found) => found.runs.length === 0 && found.startable.length === 0}
        empty={<EmptyState title={t("none")} hint={t("none_hint")} />}
      >
        {() => (
          <>
            {best && known?.may ? (
              <div className="qsop-fits">
                <Lightbulb size={15} aria-hidden />
                <div>
                  <div>
                    {t("fits")} <strong>{words(best.name, best.key)}</strong>
                  </div>
                  <div className="qsop-hint">
                    {best.why.map((one) => t(`why.${one.kind}`, { what: one.what })).join(t("separator"))}
                  </div>
                </div>
                <Button
                  size="small"
                  type="primary"
                  loading={busy}
                  onClick={() => void start(best, why(best))}
                >
                  {t("begin")} <kbd>⇧P</kbd>
                </Button>
              </div>
            ) : null}
            {open.length > 1 ? (
              <Select
                size="small"
                aria-label={t("which")}
                value={shown}
                onChange={setChosen}
                options={open.map((run) => ({ value: run.id, label: words(run.name, run.key) }))}
              />
            ) : null}
            {shown ? <Run key={shown} id={shown} path={path} customerId={customerId ?? null} /> : null}
            <div className="qsop-foot">
              {starter}
              {over.length ? (
                <Popover trigger="click" content={<Past runs={over} onOpen={setChosen} />}>
                  <button type="button" className="qsop-link">
                    {t("past", { n: over.length })}
                  </button>
                </Popover>
              ) : null}
            </div>
          </>
        )}
      </Fetched>
    </div>
  );
}

const focusCard = () =>
  setTimeout(() => document.querySelector<HTMLElement>("[data-procedure-step]")?.focus(), 60);

function Past({ runs, onOpen }: { runs: RunSummary[]; onOpen: (id: Id) => void }) {
  const t = useT("tickets/sop");
  const words = useWords();
  return (
    <ul className="qsop-past">
      {runs.map((run) => (
        <li key={run.id}>
          <button type="button" className="qsop-link" onClick={() => onOpen(run.id)}>
            {words(run.name, run.key)}
          </button>{" "}
          <Tag color={run.good ? "success" : undefined}>{words(run.outcome, t("state.stopped"))}</Tag>
          {run.deviations ? <Tag color="warning">{t("deviations", { n: run.deviations })}</Tag> : null}
          <RelativeTime at={run.ended_at ?? run.started_at} className="qsop-hint" />
        </li>
      ))}
    </ul>
  );
}

/** One run: progress, the step it stands on, its history. */
function Run({ id, path, customerId }: { id: Id; path: string; customerId: Id | null }) {
  const t = useT("tickets/sop");
  const words = useWords();
  const client = useQueryClient();
  const address = `/procedures/runs/${id}`;
  const query = useGet<RunView>(address);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [asking, setAsking] = useState<"stop" | "hand_over" | null>(null);
  const run = query.data;
  const acted = useRef(false);
  const place = run ? `${run.step}:${run.version}` : "";
  useEffect(() => {
    if (acted.current && place) focusCard();
  }, [place]);
  const post = async (verb: string, body: object): Promise<boolean> => {
    if (!run || busy) return false;
    setBusy(true);
    setWrong({});
    acted.current = true;
    try {
      const next = await api.post<RunView>(`${address}/${verb}`, {
        version: run.version,
        client_id: newKey(),
        ...body,
      });
      client.setQueryData([address, {}], next);
      void client.invalidateQueries({ queryKey: [path] });
      return true;
    } catch (problem) {
      if (problem instanceof Problem && problem.fields.length) {
        setWrong(Object.fromEntries(problem.fields.map((one) => [one.field, one.message])));
        if (!problem.fields.some((one) => one.field.startsWith("answer."))) toast.error(sentenceOf(problem));
      } else toast.error(sentenceOf(problem));
      // Somebody else was quicker: what is shown is where it stands now.
      if (problem instanceof Problem && problem.status === 409) void query.refetch();
      return false;
    } finally {
      setBusy(false);
    }
  };
  if (!run) return <Fetched query={query}>{() => null}</Fetched>;
  const ended = run.ended_at !== null;
  const percent = ended ? 100 : Math.round((100 * run.done) / Math.max(1, run.done + run.left));
  return (
    <section className="qsop-run" aria-label={words(run.name, run.key)}>
      <header>
        <strong>{words(run.name, run.key)}</strong> <span className="qsop-hint">v{run.number}</span>
        {run.deviations ? <Tag color="warning">{t("deviations", { n: run.deviations })}</Tag> : null}
        {run.state !== "active" ? (
          <Tag color={run.good ? "success" : undefined}>{words(run.outcome, t(`state.${run.state}`))}</Tag>
        ) : null}
      </header>
      <Progress
        size="small"
        percent={percent}
        status={ended && !run.good ? "exception" : ended ? "success" : "normal"}
        aria-label={t("progress")}
        format={() => t("progress_of", { done: run.done, all: run.done + run.left })}
      />
      <div className="qsop-hint">
        {run.owner ? t("owner", { name: run.owner.name }) : t("nobody")}
        {run.others.length ? ` · ${t("with", { names: run.others.map((one) => one.name).join(", ") })}` : ""}
      </div>
      {run.current && !ended ? (
        run.state === "paused" ? (
          <div className="qsop-paused">
            <CirclePause size={16} aria-hidden /> {t("paused_at", { step: run.current.title })}
          </div>
        ) : (
          <StepCard
            key={`${run.current.id}:${run.done}`}
            step={run.current}
            steps={run.steps}
            busy={busy}
            may={run.may}
            wrong={wrong}
            onMend={(path) => setWrong((known) => without(known, path))}
            customerId={customerId}
            onAct={(act: Act) => void post("step", { step: run.step, ...act })}
            onBack={run.done > 0 ? () => void post("back", {}) : null}
          />
        )
      ) : null}
      {run.may && !ended ? (
        <div className="qsop-more">
          {run.state === "paused" ? (
            <Button
              size="small"
              icon={<CirclePlay size={13} aria-hidden />}
              onClick={() => void post("resume", {})}
            >
              {t("resume")}
            </Button>
          ) : (
            <button type="button" className="qsop-link" onClick={() => void post("pause", {})}>
              {t("pause")}
            </button>
          )}
          <button type="button" className="qsop-link" onClick={() => setAsking("hand_over")}>
            <UserRoundCog size={12} aria-hidden /> {t("hand_over")}
          </button>
          <button type="button" className="qsop-link" onClick={() => setAsking("stop")}>
            {t("stop")}
          </button>
        </div>
      ) : null}
      {asking ? (
        <Asking
          kind={asking}
          busy={busy}
          onClose={() => setAsking(null)}
          onSend={async (body) => {
            if (await post(asking === "stop" ? "stop" : "hand-over", body)) setAsking(null);
          }}
        />
      ) : null}
      <History lines={run.history} />
    </section>
  );
}

function Asking(props: {
  kind: "stop" | "hand_over";
  busy: boolean;
  onClose: () => void;
  onSend: (body: object) => void;
}) {
  const t = useT("tickets/sop");
  const [text, setText] = useState("");
  const [person, setPerson] = useState<Id | null>(null);
  const stopping = props.kind === "stop";
  return (
    <form
      className="qsop-deviate"
      onSubmit={(event) => {
        event.preventDefault();
        props.onSend(stopping ? { reason: text } : { user_id: person, note: text });
      }}
    >
      <strong>{t(stopping ? "stop" : "hand_over")}</strong>
      {stopping ? null : (
        <PersonPicker
          label={t("colleague")}
          value={person}
          onChange={(id) => setPerson((id as Id) ?? null)}
        />
      )}
      <Input.TextArea
        autoFocus={stopping}
        aria-label={t(stopping ? "reason" : "note")}
        placeholder={t(stopping ? "reason" : "note")}
        autoSize={{ minRows: 2, maxRows: 4 }}
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="qsop-acts">
        <Button
          htmlType="submit"
          type="primary"
          danger={stopping}
          loading={props.busy}
          disabled={stopping ? !text.trim() : !person}
        >
          {t(stopping ? "stop" : "hand_over")}
        </Button>
        <Button onClick={props.onClose}>{t("cancel")}</Button>
      </div>
    </form>
  );
}

/** What was done, newest last; what was gone back from is struck through. */
function History({ lines }: { lines: StepLine[] }) {
  const t = useT("tickets/sop");
  const words = useWords();
  if (!lines.length) return null;
  return (
    <details className="qsop-history">
      <summary>{t("history", { n: lines.length })}</summary>
      <ol>
        {lines.map((line) => (
          <li key={line.seq} className={line.undone ? "qsop-undone" : undefined}>
            <div>
              <strong>{words(line.title, line.step ?? "")}</strong>{" "}
              {line.act !== "answered" ? (
                <Tag color={line.deviation ? "warning" : undefined}>{t(`act.${line.act}`)}</Tag>
              ) : line.deviation ? (
                <Tag color="warning">{t(`deviation.${line.deviation}`)}</Tag>
              ) : null}{" "}
              {line.shown}
              {line.answer.items?.some((item) => item.url && item.kind !== "link")
                ? line.answer.items.map((item) => (
                    <a key={item.file_id} href={item.url} target="_blank" rel="noreferrer noopener">
                      {" "}
                      ↗
                    </a>
                  ))
                : null}
            </div>
            {line.reason ? <div className="qsop-reason">{line.reason}</div> : null}
            {line.note ? <div className="qsop-hint">{line.note}</div> : null}
            <div className="qsop-hint">
              {line.by} · <RelativeTime at={line.left_at} />
              {line.done?.sent ? ` · ${t("sent")}` : line.done?.task ? ` · ${t("task_made")}` : ""}
              {line.act === "handed_over" && line.done?.name ? ` → ${String(line.done.name)}` : ""}
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}
