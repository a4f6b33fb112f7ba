import type { MessageView } from "@/api/types";

export interface Loaded {
  items: readonly MessageView[];
  hasMore: boolean;
}

const time = (message: MessageView | undefined) => (message ? Date.parse(message.created_at) : 0);

/** How far back a list is whole: before its first line something may be missing, unless it begins there. */
export function wholeSince(list: Loaded): number {
  return list.hasMore ? time(list.items[0]) || Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/**
 * One line of time out of this conversation and what was said elsewhere. Where one of the two is not loaded far enough
 * back, the other waits for it, so that nothing appears later between lines that were read already.
 */
export function oneThread(own: Loaded, other: Loaded, whole = true): MessageView[] {
  const since = whole ? Math.max(wholeSince(own), wholeSince(other)) : Number.NEGATIVE_INFINITY;
  return [...own.items, ...other.items]
    .filter((message) => time(message) >= since)
    .sort((a, b) => time(a) - time(b) || (a.conversation_id === b.conversation_id ? a.seq - b.seq : 0));
}

/** Which of the two keeps the thread from reaching further back. */
export function nextToLoad(own: Loaded, other: Loaded): "own" | "other" | null {
  const [a, b] = [wholeSince(own), wholeSince(other)];
  if (a === Number.NEGATIVE_INFINITY && b === Number.NEGATIVE_INFINITY) return null;
  return a >= b ? "own" : "other";
}
