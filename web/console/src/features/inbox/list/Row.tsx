import { AtSign, Bot, Clock } from "lucide-react";
import { memo } from "react";
import type { ConversationView } from "@/api/types";
import { useT } from "@/app/i18n";
import { channelIcon } from "@/features/settings/channels/icons";
import { DueClock } from "@/features/tickets/sla/DueClock";
import { Avatar } from "@/ui/Avatar";
import { Elapsed, RelativeTime, useNow } from "@/ui/Time";
import { customerName, previewText } from "../text";

export function ChannelIcon(props: { channel: string; size?: number }) {
  const Icon = channelIcon(props.channel);
  return <Icon size={props.size ?? 13} strokeWidth={1.8} aria-hidden />;
}

/** How urgent a wait is: calm below a minute, then waiting, a breach past five. */
export function waitLevel(seconds: number): "calm" | "wait" | "breach" {
  return seconds >= 300 ? "breach" : seconds >= 60 ? "wait" : "calm";
}

export function WaitClock(props: { since: string }) {
  const t = useT("inbox");
  const level = waitLevel((useNow() - Date.parse(props.since)) / 1000);
  return (
    <span className={`q-wait q-wait--${level}`} title={t("waiting_for")}>
      <Clock size={12} strokeWidth={2} aria-hidden />
      <Elapsed since={props.since} short />
    </span>
  );
}

export function PriorityMark(props: { priority: number }) {
  const t = useT("inbox");
  if (props.priority === 1) return null;
  return (
    <span className={`q-priority q-priority--${props.priority}`} title={t(`priority.${props.priority}`)}>
      {props.priority === 0 ? "↓" : props.priority === 2 ? "!" : "!!"}
      <span className="q-sr">{t(`priority.${props.priority}`)}</span>
    </span>
  );
}

export const Row = memo(function Row(props: {
  conversation: ConversationView;
  selected: boolean;
  me: string;
  mention?: boolean;
  onOpen: (id: string) => void;
}) {
  const { conversation: c, selected } = props;
  const t = useT("inbox");
  const mine = c.assignee?.id === props.me;
  // What the bot is dealing with waits for nobody.
  const unread = c.status === "bot" ? 0 : c.unread;
  const waiting = c.waiting_since && (c.status === "assigned" || c.status === "queued");
  const who =
    c.last_message?.author_kind === "user"
      ? mine
        ? t("you")
        : c.assignee?.name
      : c.last_message?.author_kind === "bot"
        ? t("bot")
        : null;
  return (
    <button
      type="button"
      role="option"
      aria-selected={selected}
      tabIndex={-1}
      data-id={c.id}
      className={`q-row ${selected ? "q-row--selected" : ""} ${unread > 0 ? "q-row--unread" : ""}`}
      onClick={() => props.onOpen(c.id)}
    >
      <span className="q-row__avatar">
        <Avatar name={customerName(c.customer, t)} id={c.customer.id} size={36} />
        <span className="q-row__channel" title={c.inbox.name}>
          <ChannelIcon channel={c.inbox.channel} size={11} />
        </span>
      </span>
      <span className="q-row__main">
        <span className="q-row__top">
          <PriorityMark priority={c.priority} />
          <span className="q-row__name q-ellipsis">{customerName(c.customer, t)}</span>
          {props.mention ? <AtSign size={13} className="q-row__at" aria-hidden /> : null}
          <span className="q-row__when">
            {c.promise && (waiting || c.promise.breached) ? (
              <DueClock
                dueAt={c.promise.due_at}
                kind={c.promise.kind}
                breached={c.promise.breached}
                compact
              />
            ) : waiting ? (
              <WaitClock since={c.waiting_since!} />
            ) : c.last_message ? (
              <RelativeTime at={c.last_message.at} />
            ) : null}
          </span>
        </span>
        <span className="q-row__line">
          <span className="q-row__preview q-ellipsis">
            {who ? <span className="q-row__who">{who}: </span> : null}
            {previewText(c.last_message?.preview, t)}
          </span>
          {unread > 0 ? (
            <span className="q-row__unread q-num">
              {unread > 99 ? "99+" : unread}
              <span className="q-sr">{t("unread")}</span>
            </span>
          ) : null}
        </span>
        <span className="q-row__meta">
          {c.status === "bot" ? (
            <span className="q-row__tag">
              <Bot size={12} aria-hidden /> {t("status.bot")}
            </span>
          ) : c.status === "assigned" ? (
            mine ? null : (
              <span className="q-row__tag">{c.assignee?.name}</span>
            )
          ) : (
            <span className={`q-row__tag q-row__tag--${c.status}`}>{t(`status.${c.status}`)}</span>
          )}
          {c.queue && c.status !== "bot" ? <span className="q-ellipsis">{c.queue.name}</span> : null}
          {c.tags.slice(0, 2).map((tag) => (
            <span key={tag} className="q-row__chip q-ellipsis">
              {tag}
            </span>
          ))}
          {c.tags.length > 2 ? <span>+{c.tags.length - 2}</span> : null}
        </span>
      </span>
    </button>
  );
});
