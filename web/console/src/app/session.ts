import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Me, Permission } from "@/api/types";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => api.get<Me>("/auth/me", undefined, signal),
  staleTime: 5 * 60_000,
  retry: false,
});

/** The signed-in person. Use inside the shell only: it is there before anything renders. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** May this person do it? With several names: any of them. The server decides in the end; this only hides. */
export function useCan(...permissions: Permission[]): boolean {
  const me = useQuery(meQuery).data;
  return permissions.length === 0 || permissions.some((p) => me?.permissions.includes(p));
}

export function can(me: Me, permission: Permission): boolean {
  return me.permissions.includes(permission);
}
