import { create } from "zustand";
import type { Id } from "@/api/types";
import type { SignalFrame, SignalPerson } from "./frames";

export interface Typist {
  name: string;
  preview: string | null;
  until: number;
}

interface Signals {
  customerTyping: Record<Id, Typist>;
  /** conversation → user → typist */
  staffTyping: Record<Id, Record<Id, Typist>>;
  viewers: Record<Id, { id: Id; name: string }[]>;
}

export const useSignals = create<Signals>(() => ({ customerTyping: {}, staffTyping: {}, viewers: {} }));

/** A typing signal that is not repeated means they stopped (or their line broke). */
const TYPING_MS = 7000;

function personOf(data: Record<string, unknown>): SignalPerson {
  const customer = data.customer as SignalPerson | undefined;
  if (customer && typeof customer === "object") return { ...customer, kind: "customer" };
  const nested = (data.author ?? data.user ?? data.by) as SignalPerson | undefined;
  if (nested && typeof nested === "object") return nested;
  return {
    kind: (data.kind ?? data.author_kind) as SignalPerson["kind"],
    id: (data.user_id ?? data.id ?? null) as Id | null,
    name: (data.name ?? null) as string | null,
  };
}

export function applySignal(
  state: Signals,
  frame: SignalFrame,
  me: Id,
  now: number,
): Partial<Signals> | null {
  const id = frame.conversation_id;
  if (!id) return null;
  if (frame.type === "typing") {
    const person = personOf(frame.data);
    const on = frame.data.on !== false;
    const preview = typeof frame.data.preview === "string" ? frame.data.preview : null;
    const userId = person.user_id ?? person.id ?? null;
    if (person.kind === "customer" || (!person.kind && !userId)) {
      const { [id]: _, ...rest } = state.customerTyping;
      return {
        customerTyping: on
          ? { ...rest, [id]: { name: person.name ?? "", preview, until: now + TYPING_MS } }
          : rest,
      };
    }
    if (!userId || userId === me) return null;
    const { [userId]: __, ...others } = state.staffTyping[id] ?? {};
    return {
      staffTyping: {
        ...state.staffTyping,
        [id]: on
          ? { ...others, [userId]: { name: person.name ?? "", preview: null, until: now + TYPING_MS } }
          : others,
      },
    };
  }
  if (frame.type === "viewing") {
    const list = (frame.data.viewers ?? frame.data.users) as SignalPerson[] | undefined;
    if (Array.isArray(list)) {
      return {
        viewers: {
          ...state.viewers,
          [id]: list
            .map((p) => ({ id: (p.id ?? p.user_id ?? "") as Id, name: p.name ?? "" }))
            .filter((p) => p.id && p.id !== me),
        },
      };
    }
    const person = personOf(frame.data);
    const userId = person.user_id ?? person.id;
    if (!userId || userId === me) return null;
    const others = (state.viewers[id] ?? []).filter((v) => v.id !== userId);
    const on = frame.data.on !== false;
    return {
      viewers: { ...state.viewers, [id]: on ? [...others, { id: userId, name: person.name ?? "" }] : others },
    };
  }
  return null;
}

/** What a customer was writing has been sent. Returns null when nothing changed. */
export function hasWritten(state: Signals, conversationId: Id): Partial<Signals> | null {
  if (!state.customerTyping[conversationId]) return null;
  const { [conversationId]: _, ...rest } = state.customerTyping;
  return { customerTyping: rest };
}

/** Forget typists whose signal ran out. Returns null when nothing changed. */
export function expireTypists(state: Signals, now: number): Partial<Signals> | null {
  let changed = false;
  const customerTyping: Signals["customerTyping"] = {};
  for (const [id, typist] of Object.entries(state.customerTyping)) {
    if (typist.until > now) customerTyping[id] = typist;
    else changed = true;
  }
  const staffTyping: Signals["staffTyping"] = {};
  for (const [id, people] of Object.entries(state.staffTyping)) {
    const left = Object.entries(people).filter(([, typist]) => typist.until > now);
    if (left.length !== Object.keys(people).length) changed = true;
    if (left.length) staffTyping[id] = Object.fromEntries(left);
  }
  return changed ? { customerTyping, staffTyping } : null;
}
