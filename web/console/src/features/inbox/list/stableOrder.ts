/** Which rows to show while the reader must not be disturbed: the known ones where they were, newcomers counted. */
export function stableOrder<T extends { id: string }>(
  shown: readonly string[],
  items: readonly T[],
  frozen: boolean,
): { rows: T[]; fresh: number } {
  if (!frozen || shown.length === 0) return { rows: [...items], fresh: 0 };
  const byId = new Map(items.map((item) => [item.id, item]));
  const known = new Set(shown);
  const rows = shown.flatMap((id) => byId.get(id) ?? []);
  const lastKnown = items.findLastIndex((item) => known.has(item.id));
  // What comes after the last known row is the next page that was asked for, not news.
  const below = items.slice(lastKnown + 1).filter((item) => !known.has(item.id));
  const fresh = items.slice(0, lastKnown + 1).filter((item) => !known.has(item.id)).length;
  return { rows: [...rows, ...below], fresh };
}
