import { useRef } from "react";

/** The items in the order of the keys known already; those that are new come last. */
export function inOrder<T>(items: readonly T[], keyOf: (item: T) => string, known: readonly string[]): T[] {
  const place = new Map(known.map((key, index) => [key, index]));
  const rank = (item: T) => place.get(keyOf(item)) ?? known.length;
  return [...items].sort((a, b) => rank(a) - rank(b));
}

/** The items in the order they had when they first were `settled`, whatever changes while somebody chooses among them. */
export function useSteadyOrder<T>(items: readonly T[], keyOf: (item: T) => string, settled: boolean): T[] {
  const known = useRef<string[]>([]);
  const shown = inOrder(items, keyOf, known.current);
  if (settled) {
    const before = new Set(known.current);
    known.current = [...known.current, ...shown.map(keyOf).filter((key) => !before.has(key))];
  }
  return shown;
}
