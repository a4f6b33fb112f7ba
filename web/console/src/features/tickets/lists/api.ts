/** The calls of lists. Rows are asked for again by hand only, so that nothing jumps under the pointer. */

import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { api } from "@/api/client";
import type { Id } from "@/api/types";
import { useMe } from "@/app/session";
import { realtime } from "@/realtime/client";
import type { Asked, Counted, FactInfo, GroupView, ListPage, Row, Sort, View } from "./types";

const ROWS = ["ticket-list"] as const;
const PATH = "/ticket-lists";

export function useViews() {
  return useQuery({
    queryKey: [`${PATH}/views`],
    queryFn: ({ signal }) => api.get<View[]>(`${PATH}/views`, undefined, signal),
    staleTime: 60_000,
  });
}

/** How many each view holds; asked again at most every fifteen seconds, however much happens. */
export function useViewCounts() {
  return useQuery({
    queryKey: ["ticket-view-counts"],
    queryFn: ({ signal }) => api.get<Record<Id, Counted>>(`${PATH}/views/counts`, undefined, signal),
    refetchInterval: 15_000,
    staleTime: 5_000,
  });
}

export function useFactInfos() {
  return useQuery({
    queryKey: ["ticket-facts"],
    queryFn: ({ signal }) => api.get<FactInfo[]>(`${PATH}/facts`, undefined, signal),
    staleTime: 60_000,
  });
}

export function useRows(
  asked: Asked,
  sort: Sort,
  columns: string[],
  options: { enabled?: boolean; limit?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey: [...ROWS, "rows", asked, sort, columns, options.limit],
    queryFn: ({ pageParam, signal }) =>
      api.post<ListPage>(
        `${PATH}/query`,
        { ...asked, sort, columns, cursor: pageParam, limit: options.limit ?? 100 },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last: ListPage) => last.next_cursor,
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
  const pages = query.data?.pages ?? [];
  const rows: Row[] = pages.flatMap((page) => page.items);
  const names: Record<string, string> = Object.assign({}, ...pages.map((page) => page.names));
  return { ...query, rows, names };
}

export function useCount(asked: Asked, enabled = true) {
  return useQuery({
    queryKey: [...ROWS, "count", asked],
    queryFn: ({ signal }) => api.post<Counted>(`${PATH}/count`, asked, { signal }),
    enabled,
    placeholderData: keepPreviousData,
  });
}

export function useGroups(
  asked: Asked,
  by: string,
  options: { open?: number; rows?: number; sort?: Sort; columns?: string[]; enabled?: boolean } = {},
) {
  const { enabled = true, ...more } = options;
  return useQuery({
    queryKey: [...ROWS, "groups", asked, by, more],
    queryFn: ({ signal }) =>
      api.post<{ items: GroupView[]; more: boolean }>(
        `${PATH}/groups`,
        { ...asked, by, ...more },
        { signal },
      ),
    enabled,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
}

/** Shows the lists as they are now. */
export function useRefresh(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    void client.invalidateQueries({ queryKey: ROWS });
    void client.invalidateQueries({ queryKey: ["ticket-view-counts"] });
  }, [client]);
}

/** Tickets others changed since the lists were asked for: said, not shown, until the reader wants it. */
export function useNews(asked: unknown): { changed: number; clear: () => void } {
  const [ids, setIds] = useState<ReadonlySet<Id>>(new Set());
  const me = useMe().user.id;
  const key = JSON.stringify(asked);
  useEffect(() => setIds(new Set()), [key]);
  useEffect(
    () =>
      realtime.on("ticket.changed", ({ ticket_id, by }) => {
        if (by === me) return;
        setIds((now) => (now.has(ticket_id) || now.size > 99 ? now : new Set(now).add(ticket_id)));
      }),
    [me],
  );
  return { changed: ids.size, clear: useCallback(() => setIds(new Set()), []) };
}
