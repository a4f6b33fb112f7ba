import type { Conversation, Message, Pending } from "../src/core/types.ts";

let made = 0;

export function message(seq: number, over: Partial<Message> = {}): Message {
  const conversation_id = over.conversation_id ?? "c1";
  return {
    id: `${conversation_id}-${seq}`,
    conversation_id,
    seq,
    author: { kind: "user", id: "u1", name: "李婷" },
    kind: "text",
    body: `#${seq}`,
    payload: {},
    client_id: null,
    created_at: new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString(),
    delivery: "sent",
    recalled_at: null,
    ...over,
  };
}

export function mine(seq: number, client_id: string, over: Partial<Message> = {}): Message {
  return message(seq, { author: { kind: "customer", id: "k", name: null }, client_id, ...over });
}

export function conversation(over: Partial<Conversation> = {}): Conversation {
  return {
    id: "c1",
    number: 1,
    status: "bot",
    agent: null,
    queue: null,
    rating: null,
    offline: null,
    last_seq: 0,
    read_seq_by_staff: 0,
    ...over,
  };
}

export function pending(client_id: string, over: Partial<Pending> = {}): Pending {
  made += 1;
  return {
    client_id,
    kind: "text",
    body: client_id,
    payload: {},
    created_at: new Date(Date.UTC(2026, 0, 1, 0, 1, made)).toISOString(),
    state: "waiting",
    ...over,
  };
}

/** A small seeded generator, so that a failing order can be run again. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
