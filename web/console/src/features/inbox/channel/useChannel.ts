import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import { api } from "@/api/client";
import { queryClient } from "@/api/queryClient";
import type { ConversationView, Id } from "@/api/types";
import { realtime } from "@/realtime/client";
import type { Template } from "./template";

export interface ChannelState {
  channel: string;
  title: Record<"zh-CN" | "en", string>;
  capabilities: {
    sends: string[];
    longest_text: number;
    templates: boolean;
    /** How long what was sent can be taken back; null: never. */
    recall_hours: number | null;
    attachments: boolean;
    starts: boolean;
  };
  window: {
    open: boolean;
    closes_at: string | null;
    left: number | null;
    hours: number;
    messages: number | null;
  } | null;
  stopped: boolean;
  /** What an answer written now goes out as instead, where the inbox has a rule for it. */
  switch: {
    way: "template" | "sms";
    inbox: string | null;
    template: string | null;
    at: string | null;
    why_not: string | null;
  } | null;
}

/** Websites show everything at once and have nothing to watch. */
export const PLAIN = new Set(["webchat"]);

/** What the channel of a conversation carries now; asked again whenever something was said or the customer's wishes moved. */
export function useChannel(c: ConversationView): ChannelState | null {
  useEffect(() => {
    const ask = (id: Id) =>
      id === c.id
        ? void queryClient.invalidateQueries({ queryKey: ["/channels/conversations", c.id] })
        : undefined;
    const stops = [
      realtime.on("channel.changed", (data) => ask(data.conversation_id)),
      // An answer that has left is one fewer, also when several left as one some seconds later; what could not be
      // delivered may have told us that the window is closed.
      realtime.on("message.changed", ({ message }) =>
        message.author.kind === "customer" ? undefined : ask(message.conversation_id),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [c.id]);
  const found = useQuery({
    queryKey: ["/channels/conversations", c.id, c.last_seq],
    queryFn: ({ signal }) => api.get<ChannelState>(`/channels/conversations/${c.id}`, undefined, signal),
    enabled: !PLAIN.has(c.inbox.channel),
    refetchInterval: 60_000,
    placeholderData: (before, query) => (query?.queryKey[1] === c.id ? before : undefined),
  });
  return found.data ?? null;
}

export function useTemplates(conversationId: Id, wanted: boolean) {
  return useQuery({
    queryKey: ["/channels/conversations", conversationId, "templates"],
    queryFn: ({ signal }) =>
      api.get<Template[]>(`/channels/conversations/${conversationId}/templates`, undefined, signal),
    enabled: wanted,
    staleTime: 60_000,
  });
}
