import {
  type InfiniteData,
  keepPreviousData,
  type QueryKey,
  type UseMutationOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { toast } from "@/ui/feedback";
import { api, type Query } from "./client";
import { sentenceOf } from "./problem";
import type { Page } from "./types";

/** GET `path`; the key is the path and its query, so `invalidate("/users")` finds every variant. */
export function useGet<T>(
  path: string,
  query?: Query,
  options: {
    enabled?: boolean;
    staleTime?: number;
    refetchInterval?: number | false;
    /** Asked anew, the last answer stays until the next is there: for a component that lives as long as its path. */
    keep?: boolean;
  } = {},
) {
  const { keep, ...rest } = options;
  return useQuery({
    queryKey: [path, query ?? {}],
    queryFn: ({ signal }) => api.get<T>(path, query, signal),
    ...rest,
    placeholderData: keep ? keepPreviousData : undefined,
  });
}

/** Cursor pagination of a list endpoint; `items` is everything loaded so far. */
export function usePages<T>(path: string, query?: Query, options: { enabled?: boolean } = {}) {
  const result = useInfiniteQuery({
    queryKey: [path, "pages", query ?? {}],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<T>>(path, { ...query, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Page<T>) => last.next_cursor,
    ...options,
  });
  const data = result.data as InfiniteData<Page<T>> | undefined;
  return {
    ...result,
    items: data?.pages.flatMap((p) => p.items) ?? [],
    total: data?.pages[0]?.total ?? null,
  };
}

export function useInvalidate(): (...paths: string[]) => Promise<void> {
  const client = useQueryClient();
  return async (...paths) => {
    await Promise.all(paths.map((path) => client.invalidateQueries({ queryKey: [path] as QueryKey })));
  };
}

/** A write. Failures become a toast with the server's sentence unless `quiet` (forms show them themselves). */
export function useAct<V, R = unknown>(
  run: (variables: V) => Promise<R>,
  options: Omit<UseMutationOptions<R, Error, V>, "mutationFn" | "onSuccess"> & {
    invalidates?: string[];
    quiet?: boolean;
    onSuccess?: (result: R, variables: V) => void;
  } = {},
) {
  const invalidate = useInvalidate();
  const { invalidates, quiet, onSuccess, ...rest } = options;
  return useMutation<R, Error, V>({
    ...rest,
    mutationFn: run,
    onSuccess: async (result, variables) => {
      if (invalidates?.length) void invalidate(...invalidates);
      onSuccess?.(result, variables);
    },
    onError: (error, variables, ...more) => {
      if (!quiet) toast.error(sentenceOf(error));
      rest.onError?.(error, variables, ...more);
    },
  });
}
