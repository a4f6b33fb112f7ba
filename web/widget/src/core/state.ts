import type { Connection, Conversation, Delivery, Message, Pending } from "./types.ts";

/**
 * The widget's whole conversation state, changed only by `reduce`.
 *
 * `synced[conversation]` is the sequence number up to which every public message is here. Sequence numbers are
 * shared with staff-only messages, so a hole is not proof of loss: it is a reason to ask (`gap`), and the answer
 * settles it.
 */
export interface State {
  conversation: Conversation | null;
  messages: readonly Message[];
  pending: readonly Pending[];
  synced: Readonly<Record<string, number>>;
  gap: { conversation_id: string; after: number } | null;
  has_older: boolean;
  connection: Connection;
  /** Somebody writes. `draft`: what the bot has written so far and checked; only a hint, the message follows. */
  typing: { name: string | null; until: number; draft?: string } | null;
  /** The newest message the customer has seen, by place in the order of all messages. */
  read: Place | null;
}

export interface Place {
  conversation_id: string;
  seq: number;
}

export type Action =
  | { type: "snapshot"; conversation: Conversation | null; messages: Message[]; has_more: boolean }
  | { type: "older"; messages: Message[]; has_more: boolean }
  | { type: "page"; conversation_id: string; after: number; messages: Message[]; has_more: boolean }
  | { type: "message"; message: Message }
  | { type: "changed"; message: Message }
  | { type: "conversation"; conversation: Conversation }
  | { type: "queue_place"; conversation_id: string; place: number | null; estimate_s: number | null }
  | { type: "staff_read"; conversation_id: string; seq: number }
  | { type: "restore"; pending: Pending[] }
  | { type: "queue"; pending: Pending }
  | { type: "sending"; client_id: string; progress?: number }
  | { type: "wait"; client_id: string }
  | { type: "attach"; client_id: string; payload: Pending["payload"] }
  | { type: "sent"; client_id: string; message: Message; conversation: Conversation | null }
  | { type: "refused"; client_id: string; error: string }
  | { type: "retry"; client_id: string }
  | { type: "discard"; client_id: string }
  | { type: "typing"; name: string | null; on: boolean; now: number; draft?: string }
  | { type: "read"; place: Place }
  | { type: "connection"; connection: Connection }
  | { type: "reset" };

export const initial: State = {
  conversation: null,
  messages: [],
  pending: [],
  synced: {},
  gap: null,
  has_older: false,
  connection: "idle",
  typing: null,
  read: null,
};

/** A typing sign that is not renewed goes out by itself. */
export const TYPING_MS = 6_000;
/** A model that says nothing for so long is no longer waited for. */
export const DRAFT_MS = 20_000;

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "snapshot":
      return snapshot(state, action.conversation, action.messages, action.has_more);
    case "older":
      return { ...insert(state, action.messages), has_older: action.has_more };
    case "page":
      return page(state, action);
    case "message":
      return arrived(state, action.message);
    case "changed":
      return state.messages.some((m) => m.id === action.message.id) ? insert(state, [action.message]) : state;
    case "conversation":
      return { ...state, conversation: newer(state.conversation, action.conversation) };
    case "queue_place":
      return queuePlace(state, action);
    case "staff_read": {
      const c = state.conversation;
      if (!c || c.id !== action.conversation_id || c.read_seq_by_staff >= action.seq) return state;
      return { ...state, conversation: { ...c, read_seq_by_staff: action.seq } };
    }
    case "restore":
      return { ...state, pending: restore(state, action.pending) };
    case "queue":
      if (isHere(state, action.pending.client_id)) return state;
      return { ...state, pending: [...state.pending, action.pending] };
    case "sending":
      return patch(state, action.client_id, {
        state: "sending",
        error: undefined,
        progress: action.progress,
      });
    case "wait":
      return patch(state, action.client_id, { state: "waiting", progress: undefined });
    case "attach":
      return patch(state, action.client_id, { payload: action.payload });
    case "refused":
      return patch(state, action.client_id, { state: "failed", error: action.error, progress: undefined });
    case "retry":
      return patch(state, action.client_id, { state: "waiting", error: undefined });
    case "discard":
      return { ...state, pending: state.pending.filter((p) => p.client_id !== action.client_id) };
    case "sent": {
      const next = action.conversation
        ? { ...state, conversation: newer(state.conversation, action.conversation) }
        : state;
      return forget(arrived(next, action.message), new Set([action.client_id]));
    }
    case "typing":
      if (!action.on) return { ...state, typing: null };
      return {
        ...state,
        typing:
          action.draft === undefined
            ? { name: action.name, until: action.now + TYPING_MS }
            : { name: null, until: action.now + DRAFT_MS, draft: action.draft },
      };
    case "read":
      return before(state.read, action.place) ? { ...state, read: action.place } : state;
    case "connection":
      return state.connection === action.connection ? state : { ...state, connection: action.connection };
    case "reset":
      return { ...initial, connection: state.connection };
  }
}

/** Conversation keys are UUIDv7, so their text order is the order in which they began. */
export function compare(a: Place, b: Place): number {
  if (a.conversation_id !== b.conversation_id) return a.conversation_id < b.conversation_id ? -1 : 1;
  return a.seq - b.seq;
}

function before(a: Place | null, b: Place): boolean {
  return a === null || compare(a, b) < 0;
}

/** How many messages from the other side came after the last one the customer saw. */
export function unread(state: State): number {
  return state.messages.filter((m) => countsAsUnread(m) && before(state.read, m)).length;
}

export function countsAsUnread(message: Message): boolean {
  return message.author.kind !== "customer" && message.kind !== "event" && !message.recalled_at;
}

/** Whether there is something to rate: it is over, and the customer has said something in it. One that only brought them
 * words they had not asked for there has nothing to rate yet. */
export function toRate({ conversation: c, messages }: State): boolean {
  if (c === null || (c.status !== "resolved" && c.status !== "closed")) return false;
  return messages.some((m) => m.conversation_id === c.id && m.author.kind === "customer");
}

/** The first message still to be sent; failed ones wait for the customer and hold up nobody. */
export function nextToSend(state: State): Pending | null {
  return state.pending.find((p) => p.state !== "failed") ?? null;
}

/** What to ask for after a reconnect: everything in the current conversation after this number. */
export function resumeAfter(state: State): number {
  return state.conversation ? (state.synced[state.conversation.id] ?? 0) : 0;
}

function snapshot(
  state: State,
  conversation: Conversation | null,
  messages: Message[],
  hasMore: boolean,
): State {
  const fresh = messages.slice().sort(compare);
  const oldest = fresh[0];
  const held = state.messages;
  // What is already here and older than the snapshot stays only if it touches it; otherwise there would be an
  // unseen hole in the middle of the history.
  const touches = !oldest || held.some((m) => compare(m, oldest) >= 0);
  const base: State = touches ? state : { ...state, messages: [], has_older: hasMore };
  const next = insert(base, fresh);
  const synced: Record<string, number> = touches ? { ...state.synced } : {};
  for (const m of next.messages) synced[m.conversation_id] = Math.max(synced[m.conversation_id] ?? 0, m.seq);
  return {
    ...next,
    conversation: conversation ? newer(state.conversation, conversation) : state.conversation,
    synced,
    gap: null,
    has_older:
      touches && held.length > 0 && oldest !== undefined && compare(held[0]!, oldest) <= 0
        ? state.has_older
        : hasMore,
  };
}

function page(
  state: State,
  p: { conversation_id: string; after: number; messages: Message[]; has_more: boolean },
): State {
  const next = insert(state, p.messages);
  const here = state.synced[p.conversation_id] ?? 0;
  const last = p.messages.reduce((max, m) => Math.max(max, m.seq), p.after);
  // The last page settles every hole below what we hold; an earlier page settles only what it covered.
  const top = p.has_more ? last : Math.max(last, highest(next, p.conversation_id));
  const synced = p.after <= here ? Math.max(here, top) : here;
  const gap = p.has_more ? { conversation_id: p.conversation_id, after: synced } : null;
  return { ...next, synced: { ...state.synced, [p.conversation_id]: synced }, gap };
}

function arrived(state: State, message: Message): State {
  const id = message.conversation_id;
  const here = state.synced[id] ?? 0;
  const next = insert(state, [message]);
  const typing = message.author.kind === "customer" ? state.typing : null;
  if (message.seq <= here) return next;
  if (message.seq === here + 1) return { ...next, typing, synced: { ...state.synced, [id]: message.seq } };
  return { ...next, typing, gap: state.gap ?? { conversation_id: id, after: here } };
}

function insert(state: State, incoming: readonly Message[]): State {
  if (incoming.length === 0) return state;
  const byId = new Map(state.messages.map((m) => [m.id, m]));
  for (const m of incoming) {
    const held = byId.get(m.id);
    byId.set(m.id, held ? merge(held, m) : m);
  }
  const clientIds = new Set(incoming.map((m) => m.client_id).filter((c): c is string => c !== null));
  return forget({ ...state, messages: [...byId.values()].sort(compare) }, clientIds);
}

const RANK: Record<Delivery, number> = { sent: 0, failed: 1, delivered: 2, read: 3 };

/** Two copies of one message may arrive in either order: what can only grow (receipts, recall) keeps its maximum. */
function merge(held: Message, incoming: Message): Message {
  const delivery = RANK[incoming.delivery] >= RANK[held.delivery] ? incoming.delivery : held.delivery;
  const recalled = held.recalled_at ?? incoming.recalled_at;
  const body = recalled ? "" : incoming.body;
  return { ...held, ...incoming, body, delivery, recalled_at: recalled };
}

function newer(held: Conversation | null, incoming: Conversation): Conversation {
  if (!held || held.id < incoming.id) return incoming;
  if (held.id > incoming.id) return held;
  if (held.version !== undefined && incoming.version !== undefined && incoming.version < held.version)
    return held;
  return {
    ...incoming,
    last_seq: Math.max(held.last_seq, incoming.last_seq),
    read_seq_by_staff: Math.max(held.read_seq_by_staff, incoming.read_seq_by_staff),
  };
}

function queuePlace(
  state: State,
  a: { conversation_id: string; place: number | null; estimate_s: number | null },
): State {
  const c = state.conversation;
  if (!c || c.id !== a.conversation_id || c.status !== "queued") return state;
  return {
    ...state,
    conversation: { ...c, queue: { ...c.queue, place: a.place, estimate_s: a.estimate_s } },
  };
}

function highest(state: State, conversationId: string): number {
  return state.messages.reduce(
    (max, m) => (m.conversation_id === conversationId ? Math.max(max, m.seq) : max),
    0,
  );
}

function isHere(state: State, clientId: string): boolean {
  return (
    state.pending.some((p) => p.client_id === clientId) ||
    state.messages.some((m) => m.client_id === clientId)
  );
}

/** Merge what another tab or an earlier page left, keeping the order in which the messages were written. */
function restore(state: State, saved: Pending[]): Pending[] {
  const mine = new Set(state.pending.map((p) => p.client_id));
  const extra = saved
    .filter((p) => !mine.has(p.client_id) && !isHere(state, p.client_id))
    .map((p): Pending => ({ ...p, state: p.state === "failed" ? "failed" : "waiting", progress: undefined }));
  return [...state.pending, ...extra].sort((a, b) =>
    a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0,
  );
}

function forget(state: State, clientIds: Set<string>): State {
  if (!state.pending.some((p) => clientIds.has(p.client_id))) return state;
  return { ...state, pending: state.pending.filter((p) => !clientIds.has(p.client_id)) };
}

function patch(state: State, clientId: string, change: Partial<Pending>): State {
  if (!state.pending.some((p) => p.client_id === clientId)) return state;
  return {
    ...state,
    pending: state.pending.map((p) => (p.client_id === clientId ? { ...p, ...change } : p)),
  };
}
