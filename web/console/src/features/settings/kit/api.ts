/** Reading and changing through the public API, with what every screen of these features needs on top. */
import {
  keepPreviousData,
  type QueryKey,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { App } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, type Query } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import type { Page } from "@/api/types";
import { Once } from "@/lib/once";
import type { Draft } from "./draft";

export function problemOf(reason: unknown): Problem | null {
  return reason instanceof Problem ? reason : null;
}

export function itemsOf<T>(answer: T[] | Page<T>): T[] {
  return Array.isArray(answer) ? answer : answer.items;
}

/** A chosen id for a list of choices: nobody is shown the bare id while what it names is on its way. */
export function chosen<T extends string | null | undefined>(
  id: T,
  rows: { id: string }[] | undefined,
): T | undefined {
  return rows || !id ? id : undefined;
}

/** A short list that is read whole, whether the server pages it or not. */
export function useRows<T>(
  path: string,
  query?: Query,
  enabled = true,
  options: { refetchInterval?: number | false } = {},
) {
  const result = useQuery({
    queryKey: [path, "rows", query ?? {}],
    queryFn: async ({ signal }) => {
      const rows: T[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < 20; page += 1) {
        const answer: T[] | Page<T> = await api.get(
          path,
          { ...query, ...(cursor ? { cursor } : {}) },
          signal,
        );
        rows.push(...itemsOf(answer));
        cursor = Array.isArray(answer) ? null : answer.next_cursor;
        if (!cursor) break;
      }
      return rows;
    },
    placeholderData: keepPreviousData,
    enabled,
    ...options,
  });
  return { ...result, rows: result.data };
}

/** A long list, read page by page. */
export function usePages<T>(path: string, query: Query) {
  const result = useInfiniteQuery({
    queryKey: [path, "pages", query],
    queryFn: ({ pageParam, signal }) =>
      api.get<T[] | Page<T>>(path, { ...query, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (Array.isArray(last) ? null : last.next_cursor),
    placeholderData: keepPreviousData,
  });
  const first = result.data?.pages[0];
  return {
    rows: result.data?.pages.flatMap(itemsOf),
    total: first && !Array.isArray(first) ? (first.total ?? null) : null,
    loading:
      result.isPending || (result.isFetching && !result.isFetchingNextPage && result.isPlaceholderData),
    error: result.error,
    refetch: result.refetch,
    more: {
      has: result.hasNextPage,
      loading: result.isFetchingNextPage,
      load: () => void result.fetchNextPage(),
    },
  };
}

export function useOne<T>(
  path: string | null,
  options: { refetchInterval?: number | false; staleTime?: number } = {},
) {
  return useQuery({
    queryKey: [path ?? "none", "one"],
    queryFn: ({ signal }) => api.get<T>(path!, undefined, signal),
    enabled: path !== null,
    ...options,
  });
}

interface SubmitOptions<R> {
  /** Paths whose answers are now old. */
  stale?: string[];
  done?: string | ((result: R) => string);
  onDone?: (result: R) => void;
  /** Problems with a field go there instead of into a toast. */
  // biome-ignore lint/suspicious/noExplicitAny: any draft can show field problems, whatever it edits
  draft?: Draft<any>;
}

/**
 * A change with its ends: busy while it runs, what it made old is read again, a refusal is shown where it belongs. Asked
 * for the same while it runs, it is done once.
 */
export function useSubmit<A extends unknown[], R>(
  act: (...args: A) => Promise<R>,
  options: SubmitOptions<R> = {},
) {
  const [busy, setBusy] = useState(false);
  const { message } = App.useApp();
  const client = useQueryClient();
  const latest = useRef({ act, options });
  latest.current = { act, options };
  const once = useRef(new Once<unknown, R | undefined>()).current;
  const doIt = useCallback(
    async (...args: A): Promise<R | undefined> => {
      setBusy(true);
      try {
        const result = await latest.current.act(...args);
        const { stale, done, onDone } = latest.current.options;
        for (const path of stale ?? [])
          void client.invalidateQueries({ predicate: (q) => startsWith(q.queryKey, path) });
        if (done) message.success(typeof done === "function" ? done(result) : done);
        onDone?.(result);
        return result;
      } catch (reason) {
        const shown = latest.current.options.draft?.refuse(reason) ?? false;
        if (!shown) message.error(sentenceOf(reason));
        return undefined;
      } finally {
        setBusy(false);
      }
    },
    [client, message],
  );
  const run = useCallback(
    // Told nothing, it does what the screen holds: that is the same only until the screen has changed.
    (...args: A) => once.run(args.length ? args : latest.current.act, () => doIt(...args)),
    [once, doIt],
  );
  return { run, busy };
}

function startsWith(key: QueryKey, path: string): boolean {
  const first = key[0];
  return typeof first === "string" && (first === path || first.startsWith(`${path}/`));
}

/** A value that follows another after a pause, so that typing does not become one request per key. */
export function useSettled<T>(value: T, pause = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
