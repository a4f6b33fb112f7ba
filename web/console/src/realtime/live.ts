import { type QueryClient, type QueryKey, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "@/api/client";
import { queryClient } from "@/api/queryClient";
import type { ConversationView, Id, Offer } from "@/api/types";
import { textsChanged } from "@/features/knowledge/live";
import { ticketChanged, ticketListsChanged } from "@/features/tickets/api";
import { realtime, useConnection } from "./client";
import type { EventData, EventType, Frame } from "./frames";
import { withReplay } from "./log";
import {
  type ListFilter,
  type Messages,
  type Pages,
  reduceConversation,
  reduceList,
  reduceMessages,
  reduceOffers,
} from "./reducers";
import { applySignal, expireTypists, hasWritten, useSignals } from "./signals";
import { Mender, messagesKey } from "./transcript";

export const keys = {
  list: (filter: ListFilter): QueryKey => ["conversations", filter],
  conversation: (id: Id): QueryKey => ["conversation", id],
  messages: messagesKey,
  offers: ["offers"] as QueryKey,
  counts: ["/conversations/counts"] as QueryKey,
};

/** Run at most once per `ms`, the last call included. */
function throttle(run: () => void, ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = 0;
  return () => {
    if (timer) return;
    const wait = Math.max(0, last + ms - Date.now());
    timer = setTimeout(() => {
      timer = null;
      last = Date.now();
      run();
    }, wait);
  };
}

/** Brings every cached snapshot forward by one frame. */
export function applyFrame(client: QueryClient, frame: Frame, me: Id): void {
  for (const [key, data] of client.getQueriesData<Pages>({ queryKey: ["conversations"] })) {
    if (!data) continue;
    const next = reduceList(data, frame, key[1] as ListFilter, me);
    if (next !== data) client.setQueryData(key, next);
  }
  if (frame.type === "conversation.changed" || frame.type === "message.created") {
    const id =
      frame.type === "conversation.changed" ? frame.data.conversation.id : frame.data.message.conversation_id;
    const current = client.getQueryData<ConversationView>(keys.conversation(id));
    if (current) {
      const next = reduceConversation(current, frame);
      if (next !== current) client.setQueryData(keys.conversation(id), next);
      const rightsChanged =
        next.status !== current.status ||
        next.assignee?.id !== current.assignee?.id ||
        next.participants.length !== current.participants.length;
      // What this person may do now is told only to them: ask.
      if (rightsChanged && frame.type === "conversation.changed" && !frame.data.conversation.may)
        void client.invalidateQueries({ queryKey: keys.conversation(id) });
    }
  }
  if (frame.type === "message.created" || frame.type === "message.changed") {
    const id = frame.data.message.conversation_id;
    const current = client.getQueryData<Messages>(keys.messages(id));
    if (current) {
      const next = reduceMessages(current, frame, id);
      if (next !== current) client.setQueryData(keys.messages(id), next);
    }
  }
  if (frame.type === "conversation.changed") dropStale(client, frame.data.conversation);
  if (frame.type === "conversation.gone" && client.getQueryData(keys.conversation(frame.data.id)))
    // It may be mine to see by another way: the server says.
    void client.invalidateQueries({ queryKey: keys.conversation(frame.data.id) });
  if (frame.type === "offer.created" || frame.type === "offer.ended")
    client.setQueryData<Offer[]>(keys.offers, (offers) => reduceOffers(offers ?? [], frame));
}

/** A transcript nobody has open is not kept up to date (only what is watched is pushed): it is fetched when opened. */
function dropStale(client: QueryClient, conversation: ConversationView): void {
  const query = client.getQueryCache().find<Messages>({ queryKey: keys.messages(conversation.id) });
  const last = query?.state.data?.items.at(-1);
  if (last && conversation.last_seq > last.seq && !query?.getObserversCount())
    client.removeQueries({ queryKey: keys.messages(conversation.id) });
}

/**
 * What a batch really changes: a conversation that is "gone" and then changed for me has only moved, and of several
 * states of one conversation the last is enough.
 */
export function coalesce(frames: readonly Frame[]): Frame[] {
  const lastChange = new Map<Id, number>();
  frames.forEach((frame, index) => {
    if (frame.type === "conversation.changed") lastChange.set(frame.data.conversation.id, index);
  });
  return frames.filter((frame, index) => {
    if (frame.type === "conversation.changed") return lastChange.get(frame.data.conversation.id) === index;
    if (frame.type === "conversation.gone") return (lastChange.get(frame.data.id) ?? -1) < index;
    return true;
  });
}

/** Somebody has changed a customer's record: whatever shows a part of it asks again. */
export function customerChanged(client: QueryClient, id: Id): void {
  const path = `/customers/${id}`;
  void client.invalidateQueries({
    predicate: ({ queryKey: [key] }) =>
      typeof key === "string" && (key === path || key.startsWith(`${path}/`)),
  });
}

/** Mounted once by the shell: the socket, and the caches kept true by it. */
export function useRealtime(me: Id, onSignedOut: () => void): void {
  const signedOut = useRef(onSignedOut);
  signedOut.current = onSignedOut;
  useEffect(() => {
    const counts = throttle(() => void queryClient.invalidateQueries({ queryKey: keys.counts }), 1500);
    const queues = throttle(() => void queryClient.invalidateQueries({ queryKey: ["/queues/live"] }), 1000);
    const agents = throttle(() => void queryClient.invalidateQueries({ queryKey: ["/agents"] }), 1000);
    const mentions = throttle(
      () =>
        void queryClient.invalidateQueries({
          queryKey: ["conversations"],
          predicate: (q) => (q.queryKey[1] as ListFilter).view === "mentions",
        }),
      1000,
    );
    let tickets = new Set<Id>();
    const ticketsShown = throttle(() => {
      for (const id of tickets) ticketChanged(queryClient, id);
      tickets = new Set();
    }, 400);
    const ticketLists = throttle(() => ticketListsChanged(queryClient), 1500);
    const texts = throttle(() => textsChanged(queryClient), 1500);
    let customers = new Set<Id>();
    const customersShown = throttle(() => {
      for (const id of customers) customerChanged(queryClient, id);
      customers = new Set();
    }, 400);
    // Fifty messages a second are still one change of the screen per frame.
    let batch: Frame[] = [];
    let flushing: ReturnType<typeof setTimeout> | null = null;
    const flush = () => {
      flushing = null;
      const frames = coalesce(batch);
      batch = [];
      for (const frame of frames) applyFrame(queryClient, frame, me);
    };
    const mender = new Mender(queryClient);
    const stops = [
      mender.start(),
      useConnection.subscribe((now, before) => {
        if (now.state === "online" && before.state !== "online") mender.reconnected();
      }),
      realtime.onAny((frame) => {
        batch.push(frame);
        flushing ??= setTimeout(flush, 16);
        if (frame.type === "conversation.changed" || frame.type === "conversation.gone") counts();
        if (frame.type === "queues.changed") queues();
        if (frame.type === "message.created" && frame.data.message.author.kind === "customer") {
          const patch = hasWritten(useSignals.getState(), frame.data.message.conversation_id);
          if (patch) useSignals.setState(patch);
        }
        if (frame.type === "mention.created") {
          counts();
          mentions();
        }
        if (frame.type === "ticket.changed") {
          tickets.add(frame.data.ticket_id);
          ticketsShown();
          ticketLists();
        }
        if (frame.type === "customer.changed") {
          customers.add(frame.data.customer_id);
          customersShown();
        }
        if (frame.type === "knowledge.changed") texts();
        if (frame.type === "presence.changed") {
          agents();
          if (frame.data.agent?.user?.id === me)
            void queryClient.invalidateQueries({ queryKey: ["/me/presence"] });
        }
      }),
      realtime.onSignal((frame) => {
        const patch = applySignal(useSignals.getState(), frame, me, Date.now());
        if (patch) useSignals.setState(patch);
      }),
      realtime.onReload(() => void queryClient.invalidateQueries()),
      realtime.onBye(() => signedOut.current()),
    ];
    const timer = setInterval(() => {
      const patch = expireTypists(useSignals.getState(), Date.now());
      if (patch) useSignals.setState(patch);
    }, 1000);
    realtime.start();
    return () => {
      clearInterval(timer);
      if (flushing) clearTimeout(flushing);
      for (const stop of stops) stop();
      realtime.stop();
    };
  }, [me]);
}

/** Hear one kind of event while mounted: `useEvent("job.progress", ({ job }) => …)`. */
export function useEvent<K extends EventType>(type: K, listener: (data: EventData[K]) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => realtime.on(type, (data) => latest.current(data)), [type]);
}

export function useOffers(enabled: boolean) {
  return useQuery({
    queryKey: keys.offers,
    queryFn: ({ signal }) =>
      withReplay(async () => {
        const answer = await api.get<Offer[] | { items: Offer[] }>("/offers", undefined, signal);
        return Array.isArray(answer) ? answer : answer.items;
      }, reduceOffers),
    enabled,
  });
}

/** Offline for longer than a blink (2 s): worth telling. */
export function useOfflineLong(now: number): boolean {
  const connection = useConnection();
  return connection.state === "offline" && now - connection.since > 2000;
}
