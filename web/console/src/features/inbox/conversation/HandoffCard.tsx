import { ArrowRightLeft } from "lucide-react";
import type { ConversationView, MessageView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, clockTime } from "@/lib/format";
import { known, reasonText } from "../text";

type Loose = Record<string, unknown>;

/** One line of whatever the summary lists: a sentence, or something with a title. */
function lineOf(item: unknown): string {
  if (typeof item === "string") return item;
  if (item && typeof item === "object") {
    const o = item as Loose;
    const title = o.title ?? o.question ?? o.text ?? o.label ?? o.body;
    return typeof title === "string" ? title : "";
  }
  return "";
}

const lines = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value ? [value] : []).map(lineOf).filter(Boolean);

/** What the bot hands over: why, what the customer wants, what was tried. Spares them saying it twice. */
export function HandoffCard(props: {
  message: MessageView;
  conversation: ConversationView;
  latest: boolean;
}) {
  const t = useT("inbox");
  const locale = useLocale();
  const params = (props.message.payload?.params ?? {}) as Loose;
  const handoff = props.latest ? props.conversation.handoff : null;
  const summary = (handoff?.summary ?? {}) as Loose;
  const reason = reasonText(handoff?.reason ?? (params.reason as string | undefined), t);
  const asked = lines(summary.asked ?? summary.questions);
  const tried = (Array.isArray(summary.tried) ? summary.tried : []).map((item: unknown) => {
    if (!item || typeof item !== "object") return lineOf(item);
    const { question: asked, title, action } = item as Loose;
    const done = title || known(t, `bot_action.${String(action)}`, "");
    return [asked, done].filter(Boolean).join(" → ");
  });
  const text = typeof summary.text === "string" ? summary.text : null;
  const question = lines(summary.question ?? summary.request ?? summary.last_question)[0];
  const emotion = typeof summary.emotion === "string" ? summary.emotion : null;
  const collected = (summary.collected ?? summary.contact) as Record<string, unknown> | undefined;
  return (
    <aside className="q-handoff" id={`m-${props.message.seq}`} aria-label={t("handoff.title")}>
      <div className="q-handoff__head">
        <ArrowRightLeft size={15} aria-hidden />
        <strong>{t("handoff.title")}</strong>
        {reason ? <span className="q-handoff__reason">{reason}</span> : null}
        {emotion && emotion !== "neutral" ? (
          <span className={`q-emotion q-emotion--${emotion}`}>{known(t, `emotion.${emotion}`, emotion)}</span>
        ) : null}
        <time
          className="q-num"
          dateTime={props.message.created_at}
          title={absoluteTime(props.message.created_at, locale)}
        >
          {clockTime(props.message.created_at, locale)}
        </time>
      </div>
      {text ? <div className="q-handoff__text">{text}</div> : null}
      {question || asked.length || tried.length || collected ? (
        <dl className="q-handoff__body">
          {question ? (
            <>
              <dt>{t("handoff.question")}</dt>
              <dd>{question}</dd>
            </>
          ) : null}
          {asked.length ? (
            <>
              <dt>{t("handoff.asked")}</dt>
              <dd>
                <ul>
                  {asked.map((line, index) => (
                    <li key={index}>{line}</li>
                  ))}
                </ul>
              </dd>
            </>
          ) : null}
          {tried.length ? (
            <>
              <dt>{t("handoff.tried")}</dt>
              <dd>
                <ul>
                  {tried.map((line, index) => (
                    <li key={index}>{line}</li>
                  ))}
                </ul>
              </dd>
            </>
          ) : null}
          {collected && typeof collected === "object"
            ? Object.entries(collected)
                .filter(([, value]) => typeof value === "string" && value)
                .map(([key, value]) => (
                  <div key={key} className="q-handoff__pair">
                    <dt>{known(t, `field.${key}`, key)}</dt>
                    <dd>{String(value)}</dd>
                  </div>
                ))
            : null}
        </dl>
      ) : null}
    </aside>
  );
}
