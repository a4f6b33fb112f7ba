import { Button, Input, Progress, Select } from "antd";
import { SendHorizontal } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { type Locale, useLocale, useT } from "@/app/i18n";
import { percent } from "@/lib/format";
import { Dot, Markdown, Section, useSubmit } from "../kit";
import { type Decision, readDecision } from "./decision";

const TONES = {
  answer: "ok",
  choices: "wait",
  unknown: "breach",
  handoff: "accent",
  flow: "accent",
  guard: "idle",
  greeting: "idle",
  other: "idle",
} as const;

/** Ask the bot as a customer would, and see what it decides, how sure it is and on what grounds. Nothing is stored. */
export function TryIt() {
  const t = useT("settings");
  const screen = useLocale();
  const [text, setText] = useState("");
  const [locale, setLocale] = useState<Locale>(screen);
  const [asked, setAsked] = useState<{ text: string; decision: Decision } | null>(null);
  const ask = useSubmit(async (question: string) => {
    const decision = readDecision(await api.post<unknown>("/bot/ask", { text: question, locale }));
    setAsked({ text: question, decision });
    return decision;
  });
  const submit = () => {
    const question = text.trim();
    if (question) void ask.run(question);
  };
  const decision = asked?.decision;
  return (
    <Section title={t("bot.try")} description={t("bot.tryText")}>
      <form
        className="qs-row qs-nowrap"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Input
          value={text}
          maxLength={500}
          placeholder={t("bot.tryPlaceholder")}
          aria-label={t("bot.tryPlaceholder")}
          onChange={(event) => setText(event.target.value)}
          onPressEnter={(event) => {
            if (!event.nativeEvent.isComposing) {
              event.preventDefault();
              submit();
            }
          }}
        />
        <Select
          style={{ width: 116 }}
          aria-label={t("bot.language")}
          value={locale}
          onChange={setLocale}
          options={[
            { value: "zh-CN", label: "简体中文" },
            { value: "en", label: "English" },
          ]}
        />
        <Button
          htmlType="submit"
          type="primary"
          loading={ask.busy}
          icon={<SendHorizontal size={15} />}
          aria-label={t("bot.ask")}
        />
      </form>
      {asked && decision && (
        <div className="qb-result" aria-live="polite">
          <p className="qb-asked">{asked.text}</p>
          <div className="qb-decision">
            <Dot tone={TONES[decision.kind]}>
              <strong>{t(`bot.decision.${decision.kind}`)}</strong>
            </Dot>
            {decision.confidence !== null && (
              <span className="qb-sure">
                {t("bot.sure")}
                <Progress
                  percent={Math.round(decision.confidence * 100)}
                  size="small"
                  style={{ width: 140 }}
                  strokeColor={decision.kind === "answer" ? "var(--q-ok)" : "var(--q-wait)"}
                  aria-label={t("bot.sure")}
                />
              </span>
            )}
          </div>
          {decision.text && (
            <div className="qb-answer">
              <Markdown text={decision.text} />
            </div>
          )}
          {decision.flow && <p className="qb-flow">{t("bot.beginsFlow", { name: decision.flow })}</p>}
          {decision.options.length > 0 && (
            <ul className="qb-options">
              {decision.options.map((option) => (
                <li key={option}>{option}</li>
              ))}
            </ul>
          )}
          {decision.hits.length > 0 && (
            <table className="qb-hits">
              <caption>{t("bot.hits")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("bot.source")}</th>
                  <th scope="col">{t("bot.kind")}</th>
                  <th scope="col">{t("bot.score")}</th>
                </tr>
              </thead>
              <tbody>
                {decision.hits.map((hit, index) => (
                  <tr key={`${hit.id}-${index}`}>
                    <td>
                      {hit.path ? <a href={hit.path}>{hit.title}</a> : hit.title}
                      {hit.matched && hit.matched !== hit.title && (
                        <small>{t("bot.matched", { text: hit.matched })}</small>
                      )}
                    </td>
                    <td>{t(`bot.sourceKind.${hit.type}`)}</td>
                    <td className="qk-num">
                      {hit.score === null
                        ? "–"
                        : hit.score <= 1
                          ? percent(hit.score, screen, 1)
                          : hit.score.toFixed(2)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </Section>
  );
}
