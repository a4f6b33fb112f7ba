import { create } from "zustand";
import { api, newKey } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import { queryClient } from "@/api/queryClient";
import type { Id, Iso, MessageView } from "@/api/types";
import { realtime, useConnection } from "@/realtime/client";
import { keys } from "@/realtime/live";
import { type Messages, mergeMessages } from "@/realtime/reducers";

export interface Outgoing {
  client_id: string;
  conversation_id: Id;
  /** Where it goes: to the customer, a note, or a whisper to the agent. */
  route: "messages" | "notes" | "whisper";
  kind: "text" | "image" | "file" | "card" | "choices";
  body: string;
  payload: Record<string, unknown>;
  mentions: Id[];
  state: "sending" | "failed";
  error: string | null;
  created_at: Iso;
}

interface Outbox {
  items: Outgoing[];
}

const KEY = "qiao.outbox";

function stored(): Outgoing[] {
  try {
    const items = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as Outgoing[];
    // What was on its way when the page went is of unknown fate: its client_id makes another try harmless.
    return items.map((item) => ({ ...item, state: "failed" as const }));
  } catch {
    return [];
  }
}

export const useOutbox = create<Outbox>(() => ({
  items: typeof sessionStorage === "undefined" ? [] : stored(),
}));

useOutbox.subscribe(({ items }) => {
  try {
    if (items.length) sessionStorage.setItem(KEY, JSON.stringify(items));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage full or refused: sending works all the same.
  }
});

const patch = (clientId: string, change: Partial<Outgoing>) =>
  useOutbox.setState(({ items }) => ({
    items: items.map((item) => (item.client_id === clientId ? { ...item, ...change } : item)),
  }));

export const discard = (clientId: string) =>
  useOutbox.setState(({ items }) => ({ items: items.filter((item) => item.client_id !== clientId) }));

function keep(message: MessageView): void {
  queryClient.setQueryData<Messages>(keys.messages(message.conversation_id), (now) =>
    now ? { ...now, items: mergeMessages(now.items, [message]) } : now,
  );
}

async function deliver(item: Outgoing): Promise<void> {
  const body =
    item.route === "messages"
      ? { client_id: item.client_id, kind: item.kind, body: item.body, payload: item.payload }
      : item.route === "notes"
        ? { client_id: item.client_id, body: item.body, mentions: item.mentions }
        : { client_id: item.client_id, body: item.body };
  try {
    const answer = await api.post<MessageView | { message: MessageView }>(
      `/conversations/${item.conversation_id}/${item.route}`,
      body,
      { idempotencyKey: item.client_id },
    );
    keep("message" in answer ? answer.message : answer);
    discard(item.client_id);
  } catch (error) {
    const waits = error instanceof Problem && error.offline && useConnection.getState().state !== "online";
    patch(item.client_id, { state: waits ? "sending" : "failed", error: sentenceOf(error) });
  }
}

// One line per conversation: what was written first arrives first.
const lines = new Map<Id, Promise<void>>();

function queue(item: Outgoing): void {
  const before = lines.get(item.conversation_id) ?? Promise.resolve();
  const next = before.then(() => deliver(item));
  lines.set(item.conversation_id, next);
}

export function sendMessage(
  message: Omit<Outgoing, "client_id" | "state" | "error" | "created_at" | "mentions"> & { mentions?: Id[] },
): void {
  const item: Outgoing = {
    ...message,
    mentions: message.mentions ?? [],
    client_id: newKey(),
    state: "sending",
    error: null,
    created_at: new Date().toISOString(),
  };
  useOutbox.setState(({ items }) => ({ items: [...items, item] }));
  queue(item);
}

export function retry(clientId: string): void {
  const item = useOutbox.getState().items.find((one) => one.client_id === clientId);
  if (!item) return;
  patch(clientId, { state: "sending", error: null });
  queue({ ...item, state: "sending", error: null });
}

/** Back online: whatever waited for the line goes out by itself. */
useConnection.subscribe((now, before) => {
  if (now.state !== "online" || before.state === "online") return;
  for (const item of useOutbox.getState().items) if (item.state === "sending") retry(item.client_id);
});

// The same message may come by the socket before the answer of our own request.
realtime.on("message.created", ({ message }) => {
  if (message.client_id) discard(message.client_id);
});
