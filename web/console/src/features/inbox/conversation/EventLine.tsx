import { Link } from "@tanstack/react-router";
import type { MessageView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { Folded } from "@/features/customers/linking/Folded";
import { absoluteTime, clockTime } from "@/lib/format";
import { useConversationPath } from "../paths";
import { known, reasonText } from "../text";

const str = (value: unknown) => (typeof value === "string" ? value : "");

/** What happened, as a sentence in the reader's language. */
export function EventLine({ message, foreign }: { message: MessageView; foreign?: boolean }) {
  const t = useT("inbox");
  const locale = useLocale();
  const path = useConversationPath();
  const type = str(message.payload?.type);
  const params = (message.payload?.params ?? {}) as Record<string, unknown>;
  const by =
    message.author.kind === "user"
      ? (message.author.name ?? "")
      : message.author.kind === "bot"
        ? t("bot")
        : message.author.kind === "customer"
          ? t("customer")
          : t("system");
  const reason = reasonText(str(params.reason), t);
  const until = str(params.until);
  const variant =
    type === "assigned" && (message.author.kind === "system" || params.name === message.author.name)
      ? "assigned_auto"
      : (type === "reopened" || type === "closed" || type === "resolved") && message.author.kind === "system"
        ? `${type}_auto`
        : type;
  const key = [`event.${variant}`, `event.${type}`].find((k) => t(k) !== k) ?? "event.other";
  const filled = t(key, {
    by,
    name: str(params.name) || by,
    queue: str(params.queue),
    ref: str(params.ref),
    inbox: str(params.inbox) || known(t, `channel.${str(params.channel)}`, str(params.channel)),
    number: typeof params.number === "number" ? String(params.number) : "",
    why: str((params.why as Record<string, unknown> | undefined)?.[locale]),
    until: until ? absoluteTime(until, locale).replace(/:\d\d$/, "") : "",
  });
  return (
    <div className="q-event" id={foreign ? undefined : `m-${message.seq}`}>
      <span>
        {/^(continued|switched)/.test(type) && str(params.conversation_id) ? (
          <Link to={path(str(params.conversation_id))}>{filled}</Link>
        ) : (
          filled
        )}
        {type === "folding" && !foreign ? <Folded conversationId={message.conversation_id} /> : null}
        {reason && type !== "to_bot" ? <span className="q-event__reason"> · {reason}</span> : null}
      </span>
      <time className="q-num" dateTime={message.created_at} title={absoluteTime(message.created_at, locale)}>
        {clockTime(message.created_at, locale)}
      </time>
    </div>
  );
}
