import { queryClient } from "@/api/queryClient";
import type { Id } from "@/api/types";
import { ticketChanged } from "../api";

/** After a write of ours: the ticket, its tasks and approvals, and every queue they stand in. */
export function ticketChangedHere(ticketId: Id): void {
  ticketChanged(queryClient, ticketId);
  workChanged();
}

export function workChanged(): void {
  const paths = /^\/(tasks|approvals|tickets\/[^/]+\/(tasks|approvals))/;
  void queryClient.invalidateQueries({ predicate: (query) => paths.test(String(query.queryKey[0])) });
}
