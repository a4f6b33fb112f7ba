import { Button, Input, Segmented, Select, Tag } from "antd";
import { Play, RotateCcw, Send } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useSubmit } from "../settings/kit";
import type { Seen } from "./Canvas";
import { type FlowDocument, faultOf, missedOf } from "./model";
import type { Rehearsed, Said, TestResult } from "./types";

interface Line {
  by: "customer" | "bot";
  text: string;
  options?: Said["options"];
}

/** The draft, talked to: the same machine customers meet, with nothing written and nothing leaving the house. */
export function TestChat(props: {
  flow: FlowDocument;
  faulty: boolean;
  onSeen: (seen: Seen | null) => void;
}) {
  const t = useT("flows");
  const screen = useLocale() === "en" ? "en" : "zh-CN";
  const [locale, setLocale] = useState<"zh-CN" | "en">(screen);
  const [known, setKnown] = useState("yes");
  const [text, setText] = useState("");
  const [lines, setLines] = useState<Line[]>([]);
  const [last, setLast] = useState<Rehearsed | null>(null);
  const [results, setResults] = useState<TestResult[] | null>(null);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In braces: newer browsers return a promise from scrolling, which is nothing an effect may return.
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [lines]);
  const reset = () => {
    setLines([]);
    setLast(null);
    props.onSeen(null);
  };
  const say = useSubmit(
    (words: string, choice: string | null) =>
      api.post<Rehearsed>("/bot/flows/rehearse", {
        document: props.flow,
        text: words,
        choice,
        state: last?.state ?? null,
        locale,
        signed_in: known === "yes",
      }),
    {
      onDone: (answer) => {
        setLines((before) => [
          ...before,
          ...answer.said.map((one) => ({ by: "bot" as const, text: one.text, options: one.options })),
        ]);
        setLast(answer);
        props.onSeen({ path: answer.path, step: answer.step });
      },
    },
  );
  const send = (words: string, choice: string | null = null) => {
    if (!words.trim()) return;
    setLines((before) => [...before, { by: "customer", text: words }]);
    setText("");
    void say.run(words, choice);
  };
  const test = useSubmit(() => api.post<TestResult[]>("/bot/flows/test", { document: props.flow }), {
    onDone: setResults,
  });
  const open = lines.at(-1)?.options ?? [];
  return (
    <section className="qf-chat" aria-label={t("chat.title")}>
      <header>
        <h2>{t("chat.title")}</h2>
        <Button
          size="small"
          type="text"
          aria-label={t("chat.again")}
          icon={<RotateCcw size={14} aria-hidden />}
          onClick={reset}
        />
      </header>
      <div className="qf-row">
        <Segmented<"zh-CN" | "en">
          size="small"
          value={locale}
          onChange={(value) => {
            setLocale(value);
            reset();
          }}
          options={[
            { value: "zh-CN", label: "中文" },
            { value: "en", label: "English" },
          ]}
        />
        <Select
          size="small"
          aria-label={t("chat.who")}
          value={known}
          onChange={(value) => {
            setKnown(value);
            reset();
          }}
          options={[
            { value: "yes", label: t("chat.signed_in") },
            { value: "no", label: t("chat.stranger") },
          ]}
        />
      </div>
      <div className="qf-chat__log" ref={log} role="log" aria-live="polite">
        {lines.length ? null : (
          <p className="qf-hint">{t(known === "yes" ? "chat.hint" : "chat.hint_stranger")}</p>
        )}
        {lines.map((line, index) => (
          <div key={index} className={`qf-said qf-said--${line.by}`}>
            {line.text}
          </div>
        ))}
        {last?.ended ? <Tag>{t(`outcome.${last.ended}`)}</Tag> : null}
        {last?.calls.map((call) => (
          <div key={call.step} className="qf-hint">
            {t("chat.called", { tool: call.tool })} {call.error ? `✗ ${faultOf(t, call.error)}` : "✓"}{" "}
            {call.simulated ? t(call.sampled ? "chat.simulated" : "chat.unsampled") : ""}
          </div>
        ))}
      </div>
      {open.length ? (
        <div className="qf-chat__options">
          {open.map((option) => (
            <Button key={option.id} size="small" onClick={() => send(option.label, option.id)}>
              {option.label}
            </Button>
          ))}
        </div>
      ) : null}
      <form
        className="qf-row"
        onSubmit={(event) => {
          event.preventDefault();
          send(text);
        }}
      >
        <Input
          aria-label={t("chat.say")}
          placeholder={props.faulty ? t("chat.faulty") : t("chat.say")}
          disabled={props.faulty}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button
          htmlType="submit"
          type="primary"
          aria-label={t("chat.send")}
          loading={say.busy}
          disabled={props.faulty}
          icon={<Send size={14} aria-hidden />}
        />
      </form>
      {last && Object.keys(last.slots).length ? (
        <dl className="qf-slots">
          {Object.entries(last.slots).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <Button
        block
        size="small"
        icon={<Play size={14} aria-hidden />}
        disabled={props.faulty || !props.flow.tests?.length}
        loading={test.busy}
        onClick={() => void test.run()}
      >
        {t("chat.tests", { n: props.flow.tests?.length ?? 0 })}
      </Button>
      {results ? (
        <ul className="qf-results">
          {results.map((result) => (
            <li key={result.name}>
              {result.passed ? "✓" : "✗"} {result.name}
              {result.misses.map((miss) => (
                <div key={`${miss.turn}${miss.what}`} className="qf-wrong">
                  {t("chat.miss", {
                    turn: miss.turn + 1,
                    what: missedOf(t, miss.what),
                    expected: String(miss.expected),
                    found: String(miss.found),
                  })}
                </div>
              ))}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
