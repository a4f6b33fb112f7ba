import type { MessageView } from "@/api/types";

export type TimelineRow =
  | { type: "day"; key: string; at: string }
  | { type: "unread"; key: string }
  | { type: "talk"; key: string; conversationId: string; at: string }
  | { type: "event"; key: string; message: MessageView }
  | { type: "handoff"; key: string; message: MessageView; latest: boolean }
  | { type: "message"; key: string; message: MessageView; first: boolean; last: boolean };

const GROUP_MS = 4 * 60_000;

const dayOf = (iso: string) => {
  const d = new Date(iso);
  return `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()}`;
};

function together(a: MessageView | undefined, b: MessageView): boolean {
  return (
    a !== undefined &&
    a.conversation_id === b.conversation_id &&
    a.kind !== "event" &&
    a.author.kind === b.author.kind &&
    a.author.id === b.author.id &&
    (a.kind === "note") === (b.kind === "note") &&
    (a.kind === "whisper") === (b.kind === "whisper") &&
    dayOf(a.created_at) === dayOf(b.created_at) &&
    Date.parse(b.created_at) - Date.parse(a.created_at) < GROUP_MS
  );
}

/**
 * Messages as they stand on the screen: days, the line below which nothing was read, runs of one author. Of a thread of
 * several conversations (`own` is the one that is open) it also says where each begins and goes on.
 */
export function buildTimeline(
  messages: readonly MessageView[],
  unreadAfter: number | null,
  own: string | null = null,
): TimelineRow[] {
  const rows: TimelineRow[] = [];
  const lastHandoff = messages.findLastIndex(
    (m) => m.kind === "event" && m.payload?.type === "handoff" && (own === null || m.conversation_id === own),
  );
  let talk = own === null || messages.every((m) => m.conversation_id === own) ? null : "";
  let day = "";
  let divided = unreadAfter === null;
  messages.forEach((message, index) => {
    const today = dayOf(message.created_at);
    if (today !== day) {
      day = today;
      rows.push({ type: "day", key: `day-${today}`, at: message.created_at });
    }
    if (talk !== null && talk !== message.conversation_id) {
      talk = message.conversation_id;
      rows.push({ type: "talk", key: `talk-${message.id}`, conversationId: talk, at: message.created_at });
    }
    const mine = own === null || message.conversation_id === own;
    if (!divided && mine && message.seq > unreadAfter! && message.author.kind === "customer") {
      divided = true;
      rows.push({ type: "unread", key: "unread" });
    }
    if (message.kind === "event") {
      rows.push(
        message.payload?.type === "handoff" && mine
          ? { type: "handoff", key: message.id, message, latest: index === lastHandoff }
          : { type: "event", key: message.id, message },
      );
      return;
    }
    const next = messages[index + 1];
    const after = rows.at(-1)?.type === "unread" || rows.at(-1)?.type === "talk";
    rows.push({
      type: "message",
      key: message.id,
      message,
      first: after || !together(messages[index - 1], message),
      last: !next || next.kind === "event" || !together(message, next),
    });
  });
  return rows;
}
