import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import type { CannedReply, DirectoryEntry, Page } from "@/api/types";
import type { SearchAnswer } from "@/app/palette/types";
import { listOf } from "@/app/profile/Sessions";
import { calledAs, nameMatches } from "@/lib/names";
import type { Trigger } from "./trigger";

/** A canned reply with what is known put in; what is not stands in it as a gap. */
export interface Rendered {
  body: string;
  missing: { variable: string; text: string }[];
}

export type Suggestion =
  | { type: "canned"; id: string; title: string; hint: string; canned: CannedReply }
  | {
      type: "knowledge";
      id: string;
      title: string;
      hint: string;
      source: "faq" | "article";
      answer: string;
    }
  | { type: "person"; id: string; title: string; hint: string; person: DirectoryEntry };

function useSettled<V>(value: V, ms: number): V {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** What the open trigger offers. */
export function useSuggestions(
  trigger: Trigger | null,
  conversationLocale: string | null,
  fallbackQuery: string,
) {
  const char = trigger?.char ?? null;
  const query = useSettled(trigger?.query ?? "", 120);
  const canned = useQuery({
    queryKey: ["/canned", "suggest", query, conversationLocale],
    queryFn: async ({ signal }) => {
      const ask = (locale?: string | null) =>
        api
          .get<CannedReply[] | Page<CannedReply>>(
            "/canned",
            { q: query, locale: locale ?? undefined, sort: "used", limit: 20 },
            signal,
          )
          .then(listOf);
      const own = await ask(conversationLocale);
      return own.length > 0 || !conversationLocale ? own : ask();
    },
    enabled: char === "/",
    placeholderData: (previous) => previous,
    staleTime: 30_000,
  });
  // `#` alone looks for what the customer asked last.
  const words = query || fallbackQuery;
  const knowledge = useQuery({
    queryKey: ["/search", "suggest", words],
    queryFn: ({ signal }) =>
      api.get<SearchAnswer>("/search", { q: words, types: "articles,faqs", limit: 8 }, signal),
    enabled: char === "#" && words.length > 0,
    placeholderData: (previous) => previous,
  });
  const people = useQuery({
    queryKey: ["/directory"],
    queryFn: ({ signal }) =>
      api.get<DirectoryEntry[] | { items: DirectoryEntry[] }>("/directory", {}, signal),
    enabled: char === "@",
    staleTime: 60_000,
  });

  let items: Suggestion[] = [];
  if (char === "/")
    items = (canned.data ?? []).map((c) => ({
      type: "canned",
      id: c.id,
      title: c.title,
      hint: c.shortcut ? `/${c.shortcut.replace(/^\//, "")}` : "",
      canned: c,
    }));
  if (char === "#")
    items = [
      ...(knowledge.data?.faqs ?? []).map(
        (f): Suggestion => ({
          type: "knowledge",
          source: "faq",
          id: f.id,
          title: f.title,
          hint: "",
          answer: f.excerpt ?? "",
        }),
      ),
      ...(knowledge.data?.articles ?? []).map(
        (a): Suggestion => ({
          type: "knowledge",
          source: "article",
          id: a.id,
          title: a.title,
          hint: "",
          answer: a.excerpt ?? "",
        }),
      ),
    ];
  if (char === "@") {
    items = (people.data ? listOf(people.data) : [])
      .filter((p) => nameMatches(trigger?.query ?? "", p.display_name, p.name))
      .slice(0, 8)
      .map((p) => ({ type: "person", id: p.id, title: calledAs(p), hint: p.state, person: p }));
  }
  const source = char === "/" ? canned : char === "#" ? knowledge : people;
  return { items, loading: char !== null && source.isFetching, error: source.error };
}
