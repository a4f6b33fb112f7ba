import { useState } from "preact/hooks";
import type { Key } from "../../i18n/index.ts";
import { sentence, useApp, useEngine } from "../context.ts";
import { Face } from "../icons.tsx";

const SCORES = [1, 2, 3, 4, 5];

/** How it was, once it is over. Radio buttons underneath, so arrow keys and screen readers work by themselves. */
export function Rating() {
  const { engine, t, toast, vault } = useApp();
  const { conversation } = useEngine(engine);
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const skipKey = `unrated:${conversation?.id ?? ""}`;
  const [skipped, setSkipped] = useState(vault.get(skipKey) !== null);
  if (!conversation) return null;
  const label = (n: number) => t(`rating.${n}` as Key);
  if (conversation.rating) {
    const given = conversation.rating.score;
    return (
      <div class="rating done" role="status">
        <Face score={given} />
        <b>{t("rating.thanks")}</b>
        <small>{t("rating.you_gave", { label: label(given) })}</small>
      </div>
    );
  }
  if (skipped) return null;
  const submit = async () => {
    setBusy(true);
    try {
      await engine.rate(score, comment.trim());
    } catch (error) {
      toast(sentence(error, t));
    }
    setBusy(false);
  };
  return (
    <form
      class="rating"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <fieldset>
        <legend>{t("rating.title")}</legend>
        <div class="faces">
          {SCORES.map((n) => (
            <label key={n} class={score === n ? "on" : ""} title={label(n)}>
              <input type="radio" name="score" value={n} checked={score === n} onChange={() => setScore(n)} />
              <Face score={n} />
              <span class="sr">{label(n)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {score > 0 ? (
        <>
          <p class="rating-label">{label(score)}</p>
          <textarea
            rows={2}
            maxLength={1000}
            value={comment}
            placeholder={t("rating.comment")}
            aria-label={t("rating.comment")}
            onInput={(event) => setComment(event.currentTarget.value)}
          />
          <button type="submit" class="primary wide" disabled={busy}>
            {t("rating.submit")}
          </button>
        </>
      ) : (
        <button
          type="button"
          class="link"
          onClick={() => {
            vault.set(skipKey, "1");
            setSkipped(true);
          }}
        >
          {t("rating.later")}
        </button>
      )}
    </form>
  );
}
