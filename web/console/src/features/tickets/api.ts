/** The calls of tickets and what is cached of them. A `ticket.changed` hint makes every key below ask again. */

import { keepPreviousData, type QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import { queryClient } from "@/api/queryClient";
import type { Id, Page } from "@/api/types";
import { listOf } from "@/app/profile/Sessions";
import { useCan } from "@/app/session";
import type {
  ChecklistItem,
  EntryView,
  FoundTicket,
  Prefill,
  TicketRef,
  TicketView,
  Timeline,
  TypeSummary,
  TypeView,
  Worklog,
} from "./types";

export const ticketKeys = {
  /** One ticket, under its id or the number people see. */
  one: (ref: string) => ["ticket", ref] as const,
  timeline: (id: Id) => ["ticket-timeline", id] as const,
  worklogs: (id: Id) => ["ticket-worklogs", id] as const,
  ofCustomer: (id: Id) => ["/tickets", "customer", id] as const,
  search: (q: string) => ["/ticket-lists", "search", q] as const,
  types: ["/ticket-types"] as const,
};

/** The ticket was changed, by us or somebody else: what shows it asks again. */
export function ticketChanged(client: QueryClient, id: Id): void {
  void client.invalidateQueries({
    queryKey: ["ticket"],
    predicate: (query) => query.queryKey[1] === id || (query.state.data as TicketView | undefined)?.id === id,
  });
  void client.invalidateQueries({ queryKey: ticketKeys.timeline(id) });
  void client.invalidateQueries({ queryKey: ticketKeys.worklogs(id) });
}

const LISTS = ["/tickets", "/ticket-lists", "/tasks", "/approvals", "/sla", "/procedures"];

/** Lists and counts that may hold it differently now. */
export function ticketListsChanged(client: QueryClient): void {
  void client.invalidateQueries({
    predicate: ({ queryKey: [first] }) =>
      typeof first === "string" && LISTS.some((path) => first === path || first.startsWith(`${path}/`)),
  });
}

/** What came back of a write is shown at once, under every name it is known by. */
export function keepTicket(ticket: TicketView): void {
  for (const name of [ticket.id, ticket.ref, String(ticket.number)]) {
    const key = ticketKeys.one(name);
    if (queryClient.getQueryData(key)) queryClient.setQueryData(key, ticket);
  }
}

/** The checklist as it is now: shown before the whole ticket has been read anew. */
export function keepChecklist(id: Id, checklist: ChecklistItem[]): void {
  queryClient.setQueriesData<TicketView>(
    { queryKey: ["ticket"], predicate: (query) => (query.state.data as TicketView | undefined)?.id === id },
    (ticket) => ticket && { ...ticket, checklist },
  );
}

/** The path of a ticket's page. */
export const ticketPath = (ticket: { ref: string }) => `/tickets/${ticket.ref}`;

/** By id, or by the number people see. */
export function useTicket(ref: string | null) {
  return useQuery({
    queryKey: ticketKeys.one(ref ?? ""),
    queryFn: ({ signal }) =>
      api.get<TicketView>(`/tickets/${encodeURIComponent(ref ?? "")}`, undefined, signal),
    enabled: ref !== null,
    staleTime: 10_000,
  });
}

export function useTypes() {
  return useQuery({
    queryKey: ticketKeys.types,
    queryFn: async ({ signal }) =>
      listOf(await api.get<TypeSummary[] | Page<TypeSummary>>("/ticket-types", undefined, signal)),
    staleTime: 60_000,
  });
}

export const typeQuery = (key: string) => ({
  queryKey: [...ticketKeys.types, key],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    api.get<TypeView>(`/ticket-types/${key}`, undefined, signal),
  staleTime: 60_000,
});

export function useType(key: string | null | undefined) {
  return useQuery({ ...typeQuery(key ?? ""), enabled: !!key });
}

export type Filter = "all" | "comments" | "history";
const STRETCH = 60;
const KINDS: Record<Filter, EntryView["kind"][]> = {
  all: [],
  comments: ["comment", "note"],
  history: ["change", "event"],
};

/** The newest stretch first; older ones on request. Items come back in order, oldest first. */
export function useTimeline(id: Id, filter: Filter) {
  const query = useInfiniteQuery({
    queryKey: [...ticketKeys.timeline(id), filter],
    queryFn: ({ pageParam, signal }) =>
      api.get<Timeline>(
        `/tickets/${id}/timeline`,
        { kind: KINDS[filter], before_seq: pageParam ?? undefined, limit: STRETCH },
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (last: Timeline) => (last.more ? (last.items[0]?.seq ?? null) : null),
    placeholderData: keepPreviousData,
  });
  const pages = query.data?.pages ?? [];
  const items: EntryView[] = [...pages].reverse().flatMap((page) => page.items);
  const names: Record<string, string> = Object.assign({}, ...pages.map((page) => page.names));
  return { ...query, items, names };
}

export function useWorklogs(id: Id, enabled: boolean) {
  return useQuery({
    queryKey: ticketKeys.worklogs(id),
    queryFn: async ({ signal }) =>
      listOf(await api.get<Worklog[] | Page<Worklog>>(`/tickets/${id}/worklogs`, undefined, signal)),
    enabled,
  });
}

export function useTicketsOf(customerId: Id | null | undefined) {
  return useQuery({
    queryKey: ticketKeys.ofCustomer(customerId ?? ""),
    queryFn: async ({ signal }) =>
      listOf(
        await api.get<TicketView[] | Page<TicketView>>(
          "/tickets",
          { customer_id: customerId, limit: 50 },
          signal,
        ),
      ),
    enabled: !!customerId,
  });
}

/** By number, title, or words said in it. */
export function useTicketSearch(q: string) {
  return useQuery({
    queryKey: ticketKeys.search(q),
    queryFn: async ({ signal }) =>
      (await api.post<Page<FoundTicket>>("/ticket-lists/query", { q, columns: [], limit: 8 }, { signal }))
        .items,
    enabled: q.length > 0,
    placeholderData: keepPreviousData,
  });
}

/** How many tickets wait for this person to do something: theirs, and not waiting for anybody else. */
export function useTicketsBadge(): number {
  const enabled = useCan("tickets.handle");
  const waiting = useQuery({
    queryKey: ["/ticket-lists", "badge"],
    queryFn: async ({ signal }) =>
      await api.post<{ count: number }>(
        "/ticket-lists/count",
        {
          filter: {
            match: "all",
            conditions: [
              { fact: "ticket.assignee_id", op: "is", value: "@me" },
              { fact: "ticket.status", op: "in", value: ["new", "open"] },
            ],
          },
        },
        { signal },
      ),
    enabled,
    staleTime: 30_000,
  });
  return waiting.data?.count ?? 0;
}

export const prefillFrom = (conversationId: Id, typeKey?: string, signal?: AbortSignal) =>
  api.get<Prefill>("/tickets/prefill", { conversation_id: conversationId, type_key: typeKey }, signal);

export function refOf(ticket: FoundTicket): TicketRef {
  return {
    id: ticket.id,
    ref: ticket.ref,
    title: ticket.title,
    status: ticket.status,
    state: ticket.state.label,
  };
}
