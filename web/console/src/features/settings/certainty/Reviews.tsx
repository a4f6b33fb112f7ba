import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useRef, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useShortcuts } from "@/app/shortcuts";
import { absoluteTime, integer } from "@/lib/format";
import { Dot, Markdown, Section, State, useOne, useSubmit } from "../kit";
import type { Queue, Review } from "./types";

type Verdict = boolean | null;

const PATH = "/bot/certainty/reviews";
const VERDICTS = [
  { key: "1", right: true, word: "isRight", tone: "ok" },
  { key: "2", right: false, word: "isWrong", tone: "breach" },
  { key: "3", right: null, word: "cannotTell", tone: "idle" },
] as const;

/** Answers agents have marked, then questions drawn by lot, judged with two keys. A batch stays as it was drawn, so that nothing jumps. */
export function Reviews(props: { onJudged: () => void }) {
  const t = useT("settings");
  const locale = useLocale();
  const queue = useOne<Queue>(PATH, { staleTime: Number.POSITIVE_INFINITY });
  const items = queue.data?.items ?? [];
  const [at, setAt] = useState(0);
  const [judged, setJudged] = useState<Record<string, Verdict>>({});
  const one = items[Math.min(at, items.length - 1)];
  const done = items.filter((item) => item.question_id in judged).length;
  const rest = items.length > 0 && done === items.length;

  const drawn = items.filter((item) => !item.marked && item.question_id in judged).length;

  // One after the other, so that of two verdicts on one answer the last one given is the last one kept.
  const line = useRef<Promise<unknown>>(Promise.resolve());
  const inTurn = <R,>(act: () => Promise<R>): Promise<R> => {
    const turn = line.current.then(act);
    line.current = turn.catch(() => undefined);
    return turn;
  };

  const judge = useSubmit(
    ({ question_id: id, marked }: Review, right: Verdict) =>
      inTurn(() => api.put<unknown>(`${PATH}/${id}`, { right, marked })),
    { onDone: props.onJudged },
  );
  const undo = useSubmit(
    async ({ question_id: id, marked }: Review) => {
      await inTurn(() => api.delete(`${PATH}/${id}`, { query: { marked } }));
      setJudged(({ [id]: _, ...others }) => others);
    },
    { onDone: props.onJudged },
  );
  const draw = async () => {
    await queue.refetch();
    setJudged({});
    setAt(0);
  };
  const say = (right: Verdict) => {
    if (!one) return;
    const id = one.question_id;
    const before = judged;
    // The next stands there at once; what the server refuses is taken back.
    setJudged((now) => ({ ...now, [id]: right }));
    setAt((n) => Math.min(n + 1, items.length - 1));
    void judge.run(one, right).then((kept) => {
      if (kept !== undefined) return;
      setJudged(({ [id]: _, ...others }) => (id in before ? { ...others, [id]: before[id]! } : others));
    });
  };
  const takeBack = () => {
    const last = one && one.question_id in judged ? one : items[at - 1];
    if (!last || !(last.question_id in judged) || undo.busy) return;
    setAt(items.indexOf(last));
    void undo.run(last);
  };
  const enabled = Boolean(one);
  useShortcuts([
    ...VERDICTS.map((verdict) => ({
      keys: verdict.key,
      group: "list" as const,
      label: t(`certainty.${verdict.word}`),
      enabled,
      run: () => say(verdict.right),
    })),
    {
      keys: "j",
      group: "list",
      label: t("certainty.next"),
      enabled,
      run: () => setAt((n) => Math.min(n + 1, items.length - 1)),
    },
    {
      keys: "k",
      group: "list",
      label: t("certainty.back"),
      enabled,
      run: () => setAt((n) => Math.max(n - 1, 0)),
    },
    { keys: "u", group: "list", label: t("certainty.undo"), enabled, run: takeBack },
  ]);

  const verdict = one ? judged[one.question_id] : undefined;
  const given = VERDICTS.find((entry) => entry.right === verdict);
  return (
    <Section
      title={t("certainty.review")}
      description={
        queue.data &&
        t("certainty.reviewText", {
          judged: integer(queue.data.judged + drawn, locale),
          waiting: integer(Math.max(0, queue.data.waiting - drawn), locale),
        })
      }
    >
      <State
        loading={queue.isPending}
        error={queue.error}
        onRetry={() => void queue.refetch()}
        empty={items.length === 0}
        emptyTitle={t("certainty.reviewEmpty")}
        emptyText={t("certainty.reviewEmptyText")}
      >
        {one && (
          <article className="qc-review" aria-live="polite">
            <div className="qc-review-head">
              <span className="qk-num">
                {t("certainty.place", { at: items.indexOf(one) + 1, of: items.length })}
                {one.marked && <> · {t("certainty.markedOne")}</>}
                {verdict !== undefined && given && (
                  <>
                    {" "}
                    <Dot tone={given.tone}>{t(`certainty.${given.word}`)}</Dot>
                  </>
                )}
              </span>
              <span>
                {absoluteTime(one.at, locale)} ·{" "}
                <Link to={`/inbox/all/${one.conversation_id}` as string}>
                  {t("certainty.openConversation", { number: one.number })}
                </Link>
              </span>
            </div>
            {one.before && (
              <>
                <h3>{t("certainty.before")}</h3>
                <p className="qc-before" translate="no">
                  {one.before}
                </p>
              </>
            )}
            <h3>{t("certainty.question")}</h3>
            <p className="qc-asked" translate="no">
              {one.question}
            </p>
            <h3>
              {t("certainty.answer")} · <span translate="no">{one.title}</span>
            </h3>
            <div className="qc-answer" translate="no">
              <Markdown text={one.text} />
            </div>
            <div className="qc-verdicts">
              {VERDICTS.map((entry) => (
                <Button
                  key={entry.key}
                  type={entry.right === verdict ? "primary" : "default"}
                  onClick={() => say(entry.right)}
                >
                  {t(`certainty.${entry.word}`)}
                  <kbd>{entry.key}</kbd>
                </Button>
              ))}
              <Button type="text" disabled={done === 0 || undo.busy} onClick={takeBack}>
                {t("certainty.undo")}
                <kbd>U</kbd>
              </Button>
            </div>
          </article>
        )}
        <p className="qc-note qc-review-rest">
          {t(rest ? "certainty.reviewRest" : "certainty.reviewKeys")}{" "}
          {rest && (
            <Button size="small" loading={queue.isFetching} onClick={() => void draw()}>
              {t("certainty.more")}
            </Button>
          )}
        </p>
      </State>
    </Section>
  );
}
