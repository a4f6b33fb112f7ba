import type { AuthorKind, ConversationView, Id, MessageView, Offer, Page } from "@/api/types";
import type { Frame } from "./frames";

export type View =
  | "mine"
  | "mentions"
  | "joined"
  | "queue"
  | "bot"
  | "all"
  | "live"
  | "snoozed"
  | "resolved"
  | "closed";
export type Sort = "recent" | "oldest" | "waiting" | "priority";

export interface ListFilter {
  view: View;
  queue_id?: Id;
  assignee_id?: Id;
  tag?: string;
  inbox_id?: Id;
  customer_id?: Id;
  sort: Sort;
}

export interface Pages {
  pages: Page<ConversationView>[];
  pageParams: unknown[];
}

export interface Messages {
  items: MessageView[];
  has_more: boolean;
}

/** Is `candidate` later than what we have? Frames can come twice or late; the row's own counters decide. */
export function isNewer(current: ConversationView, candidate: ConversationView): boolean {
  if (candidate.version !== current.version) return candidate.version > current.version;
  return candidate.last_seq >= current.last_seq;
}

/** Take the newer state; keep `may`, which only a fetch of one conversation tells. */
export function mergeConversation(current: ConversationView, candidate: ConversationView): ConversationView {
  if (!isNewer(current, candidate)) return current;
  const merged = { ...candidate, may: candidate.may ?? current.may };
  // A message frame may have outrun the row's counters.
  return current.last_seq > candidate.last_seq
    ? { ...merged, last_seq: current.last_seq, last_message: current.last_message, unread: current.unread }
    : merged;
}

const STAFF_ONLY = new Set(["note", "whisper"]);

/** What a new message does to its conversation's row before the row itself arrives. */
export function touchConversation(conversation: ConversationView, message: MessageView): ConversationView {
  if (message.seq <= conversation.last_seq) return conversation;
  if (STAFF_ONLY.has(message.kind) || message.kind === "event")
    return { ...conversation, last_seq: message.seq };
  const author: AuthorKind = message.author.kind;
  return {
    ...conversation,
    last_seq: message.seq,
    last_message: { preview: previewOf(message), author_kind: author, at: message.created_at },
    unread: author === "customer" ? conversation.unread + 1 : author === "user" ? 0 : conversation.unread,
    waiting_since:
      author === "user"
        ? null
        : author === "customer" && conversation.status !== "bot"
          ? (conversation.waiting_since ?? message.created_at)
          : conversation.waiting_since,
  };
}

/** One line of a message, as the server makes it. Media without words is `[kind]`, put into words when shown. */
export function previewOf(message: MessageView): string {
  if (message.recalled_at) return "[recalled]";
  const payload = message.payload ?? {};
  const words =
    message.body.split(/\s+/).filter(Boolean).join(" ") ||
    (message.kind === "choices" ? String(payload.prompt ?? "") : "") ||
    (message.kind === "card" ? String(payload.title ?? "") : "");
  return (words || `[${message.kind}]`).slice(0, 160);
}

export function belongs(c: ConversationView, filter: ListFilter, me: Id): boolean | "unknown" {
  if (filter.queue_id && c.queue?.id !== filter.queue_id) return false;
  if (filter.assignee_id && c.assignee?.id !== filter.assignee_id) return false;
  if (filter.tag && !c.tags.includes(filter.tag)) return false;
  if (filter.inbox_id && c.inbox.id !== filter.inbox_id) return false;
  if (filter.customer_id && c.customer.id !== filter.customer_id) return false;
  switch (filter.view) {
    case "mine":
      return c.status === "assigned" && c.assignee?.id === me;
    case "queue":
      return c.status === "queued";
    case "live":
      return c.status === "queued" || c.status === "assigned" || c.status === "bot";
    case "joined":
      return c.participants.some((p) => p.user_id === me && p.role === "joined");
    case "bot":
      return c.status === "bot";
    case "snoozed":
      return c.status === "snoozed";
    case "resolved":
      return c.status === "resolved";
    case "closed":
      return c.status === "closed";
    case "all":
      return true;
    case "mentions":
      return "unknown";
  }
}

const time = (iso: string | null | undefined, missing: number) => (iso ? Date.parse(iso) : missing);

export function compare(sort: Sort): (a: ConversationView, b: ConversationView) => number {
  const recent = (a: ConversationView, b: ConversationView) =>
    time(b.last_message?.at ?? b.created_at, 0) - time(a.last_message?.at ?? a.created_at, 0);
  const tie = (a: ConversationView, b: ConversationView) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
  switch (sort) {
    case "recent":
      return (a, b) => recent(a, b) || tie(a, b);
    case "oldest":
      return (a, b) => -recent(a, b) || -tie(a, b);
    case "waiting":
      return (a, b) =>
        time(a.waiting_since, Number.MAX_SAFE_INTEGER) - time(b.waiting_since, Number.MAX_SAFE_INTEGER) ||
        recent(a, b) ||
        tie(a, b);
    case "priority":
      return (a, b) => b.priority - a.priority || recent(a, b) || tie(a, b);
  }
}

function rebuild(data: Pages, items: ConversationView[]): Pages {
  // Pages keep their cursors; which page holds which row does not matter to anyone.
  const last = data.pages.length - 1;
  const sizes = data.pages.map((p) => p.items.length);
  let from = 0;
  const pages = data.pages.map((page, index) => {
    const to = index === last ? items.length : Math.min(items.length, from + sizes[index]!);
    const next = { ...page, items: items.slice(from, to) };
    from = to;
    return next;
  });
  return { ...data, pages };
}

/** A list of conversations after one event. */
export function reduceList(data: Pages, frame: Frame, filter: ListFilter, me: Id): Pages {
  if (data.pages.length === 0) return data;
  const all = data.pages.flatMap((p) => p.items);
  const complete = data.pages.at(-1)!.next_cursor === null;
  const order = compare(filter.sort);

  if (frame.type === "conversation.gone") {
    const kept = all.filter((c) => c.id !== frame.data.id);
    return kept.length === all.length ? data : rebuild(data, kept);
  }

  let changed: ConversationView | null = null;
  const index = (id: Id) => all.findIndex((c) => c.id === id);

  if (frame.type === "message.created") {
    const at = index(frame.data.message.conversation_id);
    if (at < 0) return data;
    changed = touchConversation(all[at]!, frame.data.message);
    if (changed === all[at]) return data;
  } else if (frame.type === "conversation.changed") {
    const at = index(frame.data.conversation.id);
    if (at >= 0) {
      changed = mergeConversation(all[at]!, frame.data.conversation);
      if (changed === all[at]) return data;
    } else changed = frame.data.conversation;
  }
  if (!changed) return data;

  const present = index(changed.id) >= 0;
  const member = belongs(changed, filter, me);
  const rest = all.filter((c) => c.id !== changed.id);
  if (member === false) return present ? rebuild(data, rest) : data;
  if (member === "unknown" && !present) return data;
  let at = rest.findIndex((c) => order(changed, c) < 0);
  if (at < 0) {
    // Sorts after everything loaded: it is on a page we have not asked for yet.
    if (!complete && !present) return data;
    at = rest.length;
  }
  return rebuild(data, [...rest.slice(0, at), changed, ...rest.slice(at)]);
}

/** One conversation after one event. */
export function reduceConversation(data: ConversationView, frame: Frame): ConversationView {
  if (frame.type === "conversation.changed" && frame.data.conversation.id === data.id)
    return mergeConversation(data, frame.data.conversation);
  if (frame.type === "message.created" && frame.data.message.conversation_id === data.id)
    return touchConversation(data, frame.data.message);
  return data;
}

const RANK: Record<string, number> = { sending: 0, failed: 1, sent: 1, delivered: 2, read: 3 };

/** Put messages in their places; a message already there is replaced only by a later state of itself. */
export function mergeMessages(items: MessageView[], incoming: MessageView[]): MessageView[] {
  if (incoming.length === 0) return items;
  const byId = new Map(items.map((m) => [m.id, m]));
  let changed = false;
  for (const message of incoming) {
    const current = byId.get(message.id);
    if (current) {
      const stale =
        (current.recalled_at && !message.recalled_at) ||
        // What has failed may be on its way again.
        (current.delivery !== "failed" &&
          (RANK[message.delivery ?? "sent"] ?? 1) < (RANK[current.delivery ?? "sent"] ?? 1));
      if (stale || JSON.stringify(current) === JSON.stringify(message)) continue;
    }
    byId.set(message.id, message);
    changed = true;
  }
  return changed ? [...byId.values()].sort((a, b) => a.seq - b.seq) : items;
}

/** The transcript of `conversationId` after one event. Older history that is not loaded stays unloaded. */
export function reduceMessages(data: Messages, frame: Frame, conversationId: Id): Messages {
  if (frame.type === "message.created" || frame.type === "message.changed") {
    const message = frame.data.message;
    if (message.conversation_id !== conversationId) return data;
    const first = data.items[0];
    if (first && data.has_more && message.seq < first.seq) return data;
    const items = mergeMessages(data.items, [message]);
    return items === data.items ? data : { ...data, items };
  }
  return data;
}

/** The first missing seq range in what is loaded, if a frame was lost on the way. */
export function firstGap(items: MessageView[]): { after: number } | null {
  for (let i = 1; i < items.length; i++)
    if (items[i]!.seq > items[i - 1]!.seq + 1) return { after: items[i - 1]!.seq };
  return null;
}

export function reduceOffers(offers: Offer[], frame: Frame): Offer[] {
  if (frame.type === "offer.created") {
    return [...offers.filter((o) => o.id !== frame.data.offer.id), frame.data.offer];
  }
  if (frame.type === "offer.ended") {
    const kept = offers.filter((o) => o.id !== frame.data.offer.id);
    return kept.length === offers.length ? offers : kept;
  }
  return offers;
}
