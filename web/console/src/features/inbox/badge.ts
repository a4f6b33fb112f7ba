import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useCan } from "@/app/session";
import { useShellUi } from "@/app/ui";
import { keys } from "@/realtime/live";

export interface Counts {
  mine: number;
  unread: number;
  queue: number;
  bot: number;
  assigned: number;
  snoozed: number;
  mentions: number;
  /** Waiting per queue, where the server tells. */
  queues?: Record<string, number>;
}

export function useCounts() {
  const enabled = useCan("conversations.handle", "conversations.view_all");
  return useQuery({
    queryKey: keys.counts,
    queryFn: ({ signal }) => api.get<Counts>("/conversations/counts", undefined, signal),
    enabled,
    staleTime: 5_000,
  });
}

/** My conversations with something unread, plus mentions: the figure on the rail and in the tab's title. */
export function useInboxBadge(): number {
  const counts = useCounts().data;
  const waiting = (counts?.unread ?? 0) + (counts?.mentions ?? 0);
  const set = useShellUi((s) => s.set);
  useEffect(() => set({ waiting }), [waiting, set]);
  return waiting;
}
