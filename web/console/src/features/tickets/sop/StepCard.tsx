import { Button, Input, Select } from "antd";
import { BookOpen, Copy, ExternalLink, FileText, Link2, Send, Upload, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { upload } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import type { FileView, Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { duration } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { useNow } from "@/ui/Time";
import { useWords } from "../bits";
import { holds } from "../fields/conditions";
import { FieldInput } from "../fields/FieldInput";
import { FieldsForm } from "../fields/FieldsForm";
import { forConditions } from "../fields/model";
import type { Condition } from "../types";
import type { Act, EvidenceItem, StepView } from "./types";

interface Props {
  step: StepView;
  /** Where a deviation may lead. */
  steps: Record<string, import("../types").Text>;
  busy: boolean;
  may: boolean;
  /** Sentences of the server by field (`answer.values.amount`). */
  wrong: Record<string, string>;
  /** What was wrong below this path is being mended. */
  onMend?: (path: string) => void;
  onAct: (act: Act) => void;
  onBack: (() => void) | null;
  customerId?: Id | null;
  /** In a rehearsal nothing is sent and files are only named. */
  rehearsal?: boolean;
}

type Answer = Record<string, unknown>;
const listed = (answer: Answer) => (answer.items as EvidenceItem[]) ?? [];

/** The step one stands on, large: what to do, what to answer, and the keys for it. */
export function StepCard(props: Props) {
  const { step, busy, may, onAct } = props;
  const t = useT("tickets/sop");
  const words = useWords();
  const card = useRef<HTMLDivElement>(null);
  const [answer, setAnswer] = useState<Answer>(() => beginning(step));
  const [note, setNote] = useState<string | null>(null);
  const [deviating, setDeviating] = useState<{ act: Act["act"]; to?: string } | null>(null);
  const [reason, setReason] = useState("");
  const done = (act: Act) => {
    if (!busy && may) onAct({ ...act, ...(note ? { note } : {}) });
  };
  const good = step.step.expect !== false;
  const timer = useTimer(step);
  const submit = () => {
    if (step.type === "timer" && timer?.early) setDeviating({ act: "answer" });
    else done({ act: "answer", answer: answerOf(step, answer) });
  };
  const keys = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.nativeEvent.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
    const typing = ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable;
    const act = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (!typing && step.type === "check" && !step.step.value && /^[yn]$/i.test(event.key)) {
      act();
      done({ act: "answer", answer: { value: event.key.toLowerCase() === "y" } });
    } else if (!typing && step.type === "choice" && /^[1-9]$/.test(event.key)) {
      const option = step.step.options?.[Number(event.key) - 1];
      act();
      if (option) done({ act: "answer", answer: { value: option.key } });
    } else if (event.key === "Enter" && target.tagName !== "TEXTAREA" && !target.closest("button,a")) {
      if (step.type === "choice" || (step.type === "check" && !step.step.value)) return;
      act();
      submit();
    } else if (!typing && event.key === "Backspace" && props.onBack) {
      act();
      props.onBack();
    }
  };
  const say = step.say?.[step.say_locale ?? ""];
  return (
    <div
      ref={card}
      className="qsop-card"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the card takes the keys y, n, 1 to 9 and Enter
      tabIndex={0}
      role="group"
      aria-label={step.title}
      data-procedure-step={step.id}
      onKeyDown={keys}
    >
      {step.within.length ? (
        <div className="qsop-within">{step.within.map((one) => words(one)).join(" › ")}</div>
      ) : null}
      <div className="qsop-kind">{t(`type.${step.type}`)}</div>
      <h3>{step.title}</h3>
      <p className="qsop-text">{step.text}</p>
      {say ? <Say step={step} text={say} /> : null}
      {step.type === "form" ? (
        <Form
          {...props}
          values={answer}
          onChange={(key, value) => {
            setAnswer({ ...answer, [key]: value });
            props.onMend?.(`answer.values.${key}`);
          }}
        />
      ) : null}
      {step.type === "check" && step.step.value ? (
        <div className="qsop-value">
          <FieldInput
            spec={step.step.value}
            label={words(step.step.value.label, step.id)}
            value={answer.value}
            onChange={(value) => {
              setAnswer({ value });
              props.onMend?.("answer.value");
            }}
          />
          {props.wrong["answer.value"] ? (
            <div className="qsop-wrong">{props.wrong["answer.value"]}</div>
          ) : null}
        </div>
      ) : null}
      {step.type === "evidence" ? (
        <Evidence
          step={step}
          rehearsal={props.rehearsal ?? false}
          items={(answer.items as EvidenceItem[]) ?? []}
          wrong={Object.entries(props.wrong).find(([key]) => key.startsWith("answer.items"))?.[1]}
          onChange={(items) => {
            setAnswer((known) => ({ ...known, items }));
            props.onMend?.("answer.items");
          }}
          typed={(answer.typed as string) ?? ""}
          onTyped={(typed) => {
            setAnswer((known) => ({ ...known, typed }));
            props.onMend?.("answer.items");
          }}
        />
      ) : null}
      {step.type === "read" ? <Reading step={step} /> : null}
      {timer ? <Ring timer={timer} /> : null}
      {may ? (
        <div className="qsop-acts">
          {step.type === "check" && !step.step.value ? (
            [true, false].map((value) => (
              <Button
                key={String(value)}
                type={value === good ? "primary" : "default"}
                disabled={busy}
                onClick={() => done({ act: "answer", answer: { value } })}
              >
                {t(value ? "yes" : "no")} <kbd>{value ? "Y" : "N"}</kbd>
              </Button>
            ))
          ) : step.type === "choice" ? (
            <div className="qsop-options">
              {step.step.options?.map((option, i) => (
                <Button
                  key={option.key}
                  block
                  disabled={busy}
                  onClick={() => done({ act: "answer", answer: { value: option.key } })}
                >
                  <kbd>{i + 1}</kbd> {words(option.label, option.key)}
                </Button>
              ))}
            </div>
          ) : (
            <>
              {step.can_send && step.type === "script" && !props.rehearsal ? (
                <Button
                  type="primary"
                  disabled={busy || step.missing.length > 0}
                  icon={<Send size={14} aria-hidden />}
                  onClick={() => done({ act: "answer", send: true })}
                >
                  {t("send_and_on")}
                </Button>
              ) : null}
              <Button
                type={step.type === "script" && !props.rehearsal ? "default" : "primary"}
                loading={busy}
                onClick={submit}
              >
                {t(step.type === "action" ? "do_it" : step.type === "script" ? "said" : "on")} <kbd>↵</kbd>
              </Button>
            </>
          )}
        </div>
      ) : null}
      {may ? (
        <div className="qsop-more">
          {props.onBack ? (
            <button type="button" className="qsop-link" disabled={busy} onClick={props.onBack}>
              {t("back")}
            </button>
          ) : null}
          {step.step.optional ? (
            <button type="button" className="qsop-link" disabled={busy} onClick={() => done({ act: "skip" })}>
              {t("pass_over")}
            </button>
          ) : (
            <button type="button" className="qsop-link" onClick={() => setDeviating({ act: "skip" })}>
              {t("skip")}
            </button>
          )}
          {step.type === "check" ? (
            <button type="button" className="qsop-link" onClick={() => setDeviating({ act: "against" })}>
              {t("against")}
            </button>
          ) : null}
          <button type="button" className="qsop-link" onClick={() => setDeviating({ act: "jump" })}>
            {t("jump")}
          </button>
          {note === null && !props.rehearsal ? (
            <button type="button" className="qsop-link" onClick={() => setNote("")}>
              {t("note")}
            </button>
          ) : null}
        </div>
      ) : null}
      {note !== null ? (
        <Input.TextArea
          aria-label={t("note")}
          placeholder={t("note")}
          autoSize={{ minRows: 1, maxRows: 4 }}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      ) : null}
      {deviating ? (
        <form
          className="qsop-deviate"
          onSubmit={(event) => {
            event.preventDefault();
            const early = deviating.act === "answer";
            const against =
              deviating.act === "against"
                ? { answer: step.step.value ? answerOf(step, answer) : { value: !good } }
                : {};
            done({ ...deviating, reason, ...(early ? { answer: answerOf(step, answer) } : against) });
          }}
        >
          <strong>{t(deviating.act === "answer" ? "deviate.early" : `deviate.${deviating.act}`)}</strong>
          {deviating.act === "jump" || needsTarget(step, deviating.act) ? (
            <Select
              showSearch
              optionFilterProp="label"
              aria-label={t("to_step")}
              placeholder={t("to_step")}
              value={deviating.to ?? null}
              onChange={(to: string) => setDeviating({ ...deviating, to })}
              options={Object.entries(props.steps)
                .filter(([id]) => id !== step.id)
                .map(([value, title]) => ({ value, label: words(title, value) }))}
            />
          ) : null}
          <Input.TextArea
            autoFocus
            aria-label={t("reason")}
            placeholder={t("reason")}
            autoSize={{ minRows: 2, maxRows: 5 }}
            maxLength={1000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <div className="qsop-acts">
            <Button
              htmlType="submit"
              type="primary"
              danger
              loading={busy}
              disabled={
                (!reason.trim() && !props.rehearsal) ||
                ((deviating.act === "jump" || needsTarget(step, deviating.act)) && !deviating.to)
              }
            >
              {t("record")}
            </Button>
            <Button onClick={() => setDeviating(null)}>{t("cancel")}</Button>
          </div>
        </form>
      ) : null}
    </div>
  );
}

/** A choice whose options all lead elsewhere has nothing behind it to pass on to. */
const needsTarget = (step: StepView, act: Act["act"]) =>
  act === "skip" && step.type === "choice" && (step.step.options?.every((option) => option.next) ?? false);

function beginning(step: StepView): Answer {
  const before = step.before ?? {};
  if (step.type === "form") {
    const values = (before.values as Answer) ?? {};
    const defaults = (step.step.fields ?? []).filter((spec) => spec.default !== undefined);
    return { ...Object.fromEntries(defaults.map((spec) => [spec.key, spec.default])), ...values };
  }
  return before as Answer;
}

function answerOf(step: StepView, answer: Answer): Answer {
  if (step.type === "form") {
    const filled = Object.entries(answer).filter(([, value]) => value !== undefined && value !== "");
    return { values: Object.fromEntries(filled) };
  }
  if (step.type === "check") return { value: answer.value };
  if (step.type === "evidence") {
    const typed = asItem(answer.typed, step.step.accept ?? []);
    return {
      items: [...listed(answer), ...(typed ? [typed] : [])].map(({ kind, file_id, text, url }) =>
        kind === "link" ? { kind, url } : kind === "text" ? { kind, text } : { kind, file_id },
      ),
    };
  }
  return {};
}

/** What is wrong, but for what stands at this path or below it. */
export const without = (wrong: Record<string, string>, path: string) =>
  Object.fromEntries(
    Object.entries(wrong).filter(([field]) => field !== path && !field.startsWith(`${path}.`)),
  );

function Form({
  step,
  wrong,
  values,
  onChange,
  customerId,
}: Props & { values: Answer; onChange: (key: string, value: unknown) => void }) {
  const fields = step.step.fields ?? [];
  const facts = { answers: forConditions(fields, values) };
  const is = (condition: unknown) => holds(condition as Condition, facts);
  const visible = fields.filter((spec) => !spec.shown_when || is(spec.shown_when));
  const required = new Set(
    visible
      .filter((spec) => spec.required || (spec.required_when && is(spec.required_when)))
      .map((spec) => spec.key),
  );
  const complaints = Object.fromEntries(
    Object.entries(wrong)
      .filter(([key]) => key.startsWith("answer.values."))
      .map(([key, text]) => [key.split(".")[2]!, text]),
  );
  return (
    <FieldsForm
      shape={{ visible, required, values }}
      values={values}
      onChange={onChange}
      complaints={complaints}
      customerId={customerId ?? null}
    />
  );
}

function Say({ step, text }: { step: StepView; text: string }) {
  const t = useT("tickets/sop");
  return (
    <blockquote className="qsop-say" lang={step.say_locale ?? undefined}>
      {text}
      <Button
        size="small"
        type="text"
        aria-label={t("copy")}
        title={t("copy")}
        icon={<Copy size={13} aria-hidden />}
        onClick={() => void navigator.clipboard.writeText(text).then(() => toast.success(t("copied")))}
      />
      {step.missing.length ? (
        <div className="qsop-wrong">{t("missing", { names: step.missing.join(", ") })}</div>
      ) : null}
    </blockquote>
  );
}

function asItem(typed: unknown, accept: readonly string[]): EvidenceItem | null {
  const text = typeof typed === "string" ? typed.trim() : "";
  const [words, links] = [accept.includes("text"), accept.includes("link")];
  if (!text || !(words || links)) return null;
  return links && (!words || /^https?:\/\//.test(text))
    ? { kind: "link", url: text }
    : { kind: "text", text };
}

function Evidence(props: {
  step: StepView;
  items: EvidenceItem[];
  rehearsal: boolean;
  wrong: string | undefined;
  onChange: (items: EvidenceItem[]) => void;
  /** What stands in the box. It counts, whether or not it was taken by Enter. */
  typed: string;
  onTyped: (text: string) => void;
}) {
  const t = useT("tickets/sop");
  const accept = props.step.step.accept ?? ["file", "image"];
  const files = accept.includes("file") || accept.includes("image");
  const words = (["text", "link"] as const).filter((kind) => accept.includes(kind));
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(props.items);
  latest.current = props.items;
  const take = async (list: FileList | null) => {
    for (const file of [...(list ?? [])]) {
      const kind = file.type.startsWith("image/") && accept.includes("image") ? "image" : "file";
      if (props.rehearsal) {
        props.onChange([...latest.current, { kind, file_id: file.name, name: file.name }]);
        continue;
      }
      setBusy(true);
      try {
        const stored = await upload<FileView>("/files", file);
        const item = { kind, file_id: stored.id, name: stored.name, thumb_url: stored.thumb_url } as const;
        latest.current = [...latest.current, item];
        props.onChange(latest.current);
      } catch (reason) {
        toast.error(sentenceOf(reason));
      } finally {
        setBusy(false);
      }
    }
  };
  const add = () => {
    const item = asItem(props.typed, accept);
    if (!item) return;
    latest.current = [...latest.current, item];
    props.onChange(latest.current);
    props.onTyped("");
  };
  return (
    <div className="qsop-evidence">
      {files ? (
        <button
          type="button"
          className={`qsop-drop ${over ? "qsop-drop--over" : ""}`}
          disabled={busy}
          onClick={() => input.current?.click()}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void take(event.dataTransfer.files);
          }}
        >
          <Upload size={16} aria-hidden /> {t(busy ? "uploading" : "drop")}
        </button>
      ) : null}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={accept.includes("file") ? undefined : "image/*"}
        onChange={(event) => {
          void take(event.target.files);
          event.target.value = "";
        }}
      />
      {words.length ? (
        <Input
          aria-label={t(words.length > 1 ? "text_or_link" : words[0]!)}
          placeholder={t(words.length > 1 ? "text_or_link" : words[0]!)}
          value={props.typed}
          onChange={(event) => props.onTyped(event.target.value)}
          onPressEnter={(event) => {
            if (!props.typed.trim()) return;
            event.stopPropagation();
            add();
          }}
        />
      ) : null}
      <ul>
        {props.items.map((item, i) => (
          <li key={`${item.file_id ?? item.text ?? item.url}`}>
            {item.thumb_url ? (
              <img src={item.thumb_url} alt="" />
            ) : item.kind === "link" ? (
              <Link2 size={13} aria-hidden />
            ) : (
              <FileText size={13} aria-hidden />
            )}
            <span>{item.name ?? item.text ?? item.url}</span>
            <Button
              size="small"
              type="text"
              aria-label={t("remove", { name: item.name ?? item.text ?? item.url ?? "" })}
              icon={<X size={13} aria-hidden />}
              onClick={() => props.onChange(props.items.filter((_, at) => at !== i))}
            />
          </li>
        ))}
      </ul>
      <div className={props.wrong ? "qsop-wrong" : "qsop-hint"}>
        {props.wrong ?? t("at_least", { n: props.step.step.at_least ?? 1 })}
      </div>
    </div>
  );
}

function Reading({ step }: { step: StepView }) {
  const t = useT("tickets/sop");
  const words = useWords();
  const { article, faq, url, search } = step.step;
  const at = article
    ? `/console/knowledge/articles/${article}`
    : faq
      ? `/console/knowledge/faqs/${faq}`
      : (url ?? `/console/search?q=${encodeURIComponent(words(search))}`);
  return (
    <a className="qsop-read" href={at} target="_blank" rel="noreferrer noopener">
      <BookOpen size={14} aria-hidden /> {search ? t("look_up", { words: words(search) }) : t("open_it")}{" "}
      <ExternalLink size={12} aria-hidden />
    </a>
  );
}

interface Timing {
  early: boolean;
  late: boolean;
  /** How much of what is counted down has passed. */
  ratio: number;
  left: number;
}

function useTimer(step: StepView): Timing | null {
  const now = useNow(1);
  const start = useRef(now);
  useEffect(() => {
    start.current = Date.now();
  }, []);
  if (step.type !== "timer" || (!step.ready_at && !step.late_at)) return null;
  const ready = step.ready_at ? Date.parse(step.ready_at) : null;
  const late = step.late_at ? Date.parse(step.late_at) : null;
  const early = ready !== null && now < ready;
  const until = early ? ready : (late ?? ready ?? now);
  const minutes = (early ? step.step.at_least : step.step.at_most) ?? 1;
  const left = Math.round((until - now) / 1000);
  return {
    early,
    late: late !== null && now > late,
    left,
    ratio: Math.min(1, Math.max(0, 1 - left / (minutes * 60))),
  };
}

function Ring({ timer }: { timer: Timing }) {
  const t = useT("tickets/sop");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const around = 2 * Math.PI * 20;
  const state = timer.late ? "late" : timer.early ? "early" : "ready";
  return (
    <div className={`qsop-ring qsop-ring--${state}`} role="timer">
      <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
        <circle cx="24" cy="24" r="20" />
        <circle
          cx="24"
          cy="24"
          r="20"
          className="qsop-ring__gone"
          strokeDasharray={`${around * timer.ratio} ${around}`}
          transform="rotate(-90 24 24)"
        />
      </svg>
      <span>{t(`timer.${state}`, { time: duration(Math.abs(timer.left), locale) })}</span>
    </div>
  );
}
