import type { QueryClient } from "@tanstack/react-query";

const TEXTS = /^\/knowledge\/(faqs|articles|work|todo|stale|spaces|categories)(\/|$)/;

/** Somebody, or the clock, has moved a text: what is on the screen is read again. Words being written stay (`useEntry`). */
export function textsChanged(client: QueryClient): void {
  void client.invalidateQueries({
    predicate: ({ queryKey: [key] }) => typeof key === "string" && TEXTS.test(key),
  });
}
