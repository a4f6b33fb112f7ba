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
import { useCallback, useRef } from "react";
import { Once } from "@/lib/once";
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

/**
 * A write. Failures become a toast with the server's sentence unless `quiet` (forms show them themselves). Asked for the
 * same while it is under way, by a double click for instance, it is done once.
 */
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
  const mutation = useMutation<R, Error, V>({
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
  const { mutateAsync: send } = mutation;
  const once = useRef(new Once<unknown, R>()).current;
  const latest = useRef(run);
  latest.current = run;
  const mutateAsync = useCallback(
    // Told nothing, it does what the screen holds: that is the same only until the screen has changed.
    (...asked: Parameters<typeof send>) => once.run(asked[0] ?? latest.current, () => send(...asked)),
    [once, send],
  ) as typeof send;
  const mutate = useCallback(
    // Whoever does not wait for it is told of a failure by `onError`.
    (...asked: Parameters<typeof send>) => void mutateAsync(...asked).catch(() => {}),
    [mutateAsync],
  ) as typeof mutation.mutate;
  return { ...mutation, mutate, mutateAsync };
}
