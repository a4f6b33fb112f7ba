import type { ConversationView, MessageView } from "@/api/types";
import type { Frame } from "@/realtime/frames";

const at = (seconds: number) => new Date(Date.UTC(2026, 4, 4, 8, 0, seconds)).toISOString();

export function conversation(id: string, patch: Partial<ConversationView> = {}): ConversationView {
  return {
    id,
    number: 1,
    inbox: { id: "i1", name: "Shop", channel: "webchat" },
    customer: { id: `cu-${id}`, name: "Wang", level: "standard" },
    status: "assigned",
    queue: { id: "q1", name: "Sales" },
    assignee: { id: "me", name: "Me", avatar_url: null },
    priority: 1,
    locale: "zh-CN",
    tags: [],
    version: 1,
    last_seq: 0,
    last_message: null,
    unread: 0,
    waiting_since: null,
    created_at: at(0),
    queued_at: null,
    assigned_at: null,
    first_response_at: null,
    resolved_at: null,
    closed_at: null,
    snoozed_until: null,
    handoff: null,
    wrap_up: null,
    context: null,
    participants: [],
    promise: null,
    may: {},
    ...patch,
  };
}

export function message(conversationId: string, seq: number, patch: Partial<MessageView> = {}): MessageView {
  return {
    id: `${conversationId}-${seq}`,
    conversation_id: conversationId,
    seq,
    author: { kind: "customer", id: `cu-${conversationId}`, name: "Wang", avatar_url: null },
    kind: "text",
    body: `message ${seq}`,
    payload: {},
    client_id: null,
    created_at: at(seq),
    delivery: "sent",
    recalled_at: null,
    ...patch,
  };
}

export const changed = (c: ConversationView): Frame => ({
  type: "conversation.changed",
  cursor: "",
  conversation_id: c.id,
  data: { conversation: c },
});

export const created = (m: MessageView): Frame => ({
  type: "message.created",
  cursor: "",
  conversation_id: m.conversation_id,
  data: { message: m },
});

export const gone = (id: string): Frame => ({
  type: "conversation.gone",
  cursor: "",
  conversation_id: id,
  data: { id },
});

/** A repeatable source of chance. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
