import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import type { AgentState, Presence, RoutingSettings } from "@/api/types";

export const presenceKey = ["/me/presence"];
export const STATES: AgentState[] = ["online", "busy", "away", "offline"];

export function usePresence(enabled: boolean) {
  return useQuery({
    queryKey: presenceKey,
    queryFn: ({ signal }) => api.get<Presence>("/me/presence", undefined, signal),
    enabled,
    refetchInterval: 60_000,
  });
}

/** Only what is given changes; a reason belongs to the state it is given with. */
export interface PresenceChange {
  state?: AgentState;
  reason?: string | null;
  capacity?: number;
}

/** Change state, reason or capacity; shown at once, taken back if the server refuses. */
export function useSetPresence() {
  const client = useQueryClient();
  return useAct((change: PresenceChange) => api.put<Presence>("/me/presence", change), {
    onMutate: (change) => {
      const before = client.getQueryData<Presence>(presenceKey);
      // What was asked before the change would put the old state back.
      if (before) void client.cancelQueries({ queryKey: presenceKey });
      if (before)
        client.setQueryData<Presence>(presenceKey, {
          ...before,
          ...(change.state ? { state: change.state, reason: change.reason ?? null } : {}),
          ...(change.capacity ? { capacity: change.capacity } : {}),
        });
      return { before };
    },
    onSuccess: (presence) => client.setQueryData(presenceKey, presence),
    onError: (_error, _change, context) => {
      const before = (context as { before?: Presence } | undefined)?.before;
      if (before) client.setQueryData(presenceKey, before);
    },
    invalidates: ["/agents"],
  });
}

export function useRoutingSettings(enabled = true) {
  return useQuery({
    queryKey: ["/routing/settings"],
    queryFn: ({ signal }) => api.get<RoutingSettings>("/routing/settings", undefined, signal),
    staleTime: 5 * 60_000,
    enabled,
  });
}
