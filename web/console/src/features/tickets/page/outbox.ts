import { create } from "zustand";
import { api, newKey } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import { queryClient } from "@/api/queryClient";
import type { Id } from "@/api/types";
import { ticketChanged, ticketKeys, ticketListsChanged } from "../api";

/** Written and not yet known to be kept. */
export interface Unsent {
  clientId: string;
  ticketId: Id;
  body: string;
  public: boolean;
  mentions: Id[];
  files: { id: Id; name: string }[];
  at: string;
  state: "sending" | "failed";
  error: string | null;
}

interface Outbox {
  items: Unsent[];
}

export const useOutbox = create<Outbox>(() => ({ items: [] }));

const patch = (clientId: string, change: Partial<Unsent>) =>
  useOutbox.setState((s) => ({
    items: s.items.map((one) => (one.clientId === clientId ? { ...one, ...change } : one)),
  }));
const drop = (clientId: string) =>
  useOutbox.setState((s) => ({ items: s.items.filter((one) => one.clientId !== clientId) }));

async function attempt(one: Unsent): Promise<boolean> {
  patch(one.clientId, { state: "sending", error: null });
  try {
    // The same client_id is the same line: trying again never writes it twice.
    await api.post(`/tickets/${one.ticketId}/comments`, {
      body: one.body,
      public: one.public,
      mentions: one.mentions,
      files: one.files.map((file) => file.id),
      client_id: one.clientId,
    });
  } catch (error) {
    patch(one.clientId, {
      state: "failed",
      error: error instanceof Problem && error.fields[0] ? error.fields[0].message : sentenceOf(error),
    });
    return false;
  }
  ticketChanged(queryClient, one.ticketId);
  ticketListsChanged(queryClient);
  await queryClient.refetchQueries({ queryKey: ticketKeys.timeline(one.ticketId), type: "active" });
  drop(one.clientId);
  return true;
}

/** Shown at once, then true. Resolves to whether it was kept. */
export function sendComment(
  comment: Pick<Unsent, "ticketId" | "body" | "public" | "mentions" | "files">,
): Promise<boolean> {
  const one: Unsent = {
    ...comment,
    clientId: newKey(),
    at: new Date().toISOString(),
    state: "sending",
    error: null,
  };
  useOutbox.setState((s) => ({ items: [...s.items, one] }));
  return attempt(one);
}

export const retryComment = (one: Unsent): Promise<boolean> => attempt(one);
export const discardComment = (one: Unsent): void => drop(one.clientId);
