import { useEffect } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { queryClient } from "@/api/queryClient";
import { realtime } from "@/realtime/client";
import type { Desk, SiteChoice, Visit } from "./types";

export function counterChanged(): void {
  void queryClient.invalidateQueries({
    predicate: (query) => String(query.queryKey[0]).startsWith("/counter/"),
  });
}

/** The sites in use. What moves at any of them is read anew; a slow poll is the safety net. */
export function useSites() {
  return useGet<SiteChoice[]>("/counter/sites", undefined, { refetchInterval: 60_000 });
}

export function useDesk(siteId: string | null) {
  useEffect(() => realtime.on("counter.changed", counterChanged), []);
  return useGet<Desk>(`/counter/sites/${siteId}/desk`, undefined, {
    enabled: siteId !== null,
    refetchInterval: 15_000,
  });
}

/** A verb on a visit; what it changed is read anew. */
export function useVisitVerb() {
  return useAct((given: { id: string; verb: string; body?: unknown }) =>
    api.post<Visit>(`/counter/visits/${given.id}/${given.verb}`, given.body).finally(counterChanged),
  );
}
