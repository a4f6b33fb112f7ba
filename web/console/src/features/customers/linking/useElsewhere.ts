import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/client";
import type { ConversationView, Id, MessageView } from "@/api/types";
import type { Elsewhere } from "./types";

const FRESH_MS = 20_000;

/** What was said with the customer of a conversation elsewhere, loaded upwards page by page once it is wanted. */
export function useElsewhere(id: Id, wanted: boolean) {
  const query = useInfiniteQuery({
    queryKey: ["/conversations", id, "elsewhere"],
    queryFn: ({ pageParam, signal }) =>
      api.get<Elsewhere>(
        `/conversations/${id}/elsewhere`,
        { cursor: pageParam ?? undefined, limit: 40 },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    enabled: wanted,
    // What goes on elsewhere right now shows a little later; long histories are not asked for again and again.
    refetchInterval: (q) => ((q.state.data?.pages.length ?? 0) === 1 ? FRESH_MS : false),
  });
  const pages = query.data?.pages;
  const items = useMemo<MessageView[]>(
    () => (pages ?? []).flatMap((_, index, all) => all[all.length - 1 - index]!.items),
    [pages],
  );
  const talks = useMemo(
    () =>
      new Map<Id, ConversationView>(
        (pages ?? []).flatMap((p) => p.conversations.map((c) => [c.id, c] as const)),
      ),
    [pages],
  );
  return {
    items,
    talks,
    hasMore: wanted && (query.data === undefined || query.hasNextPage),
    loading: query.isFetching && !query.isRefetching,
    failed: query.isError && query.data === undefined,
    again: query.refetch,
    ready: query.data !== undefined,
    more: query.fetchNextPage,
  };
}
