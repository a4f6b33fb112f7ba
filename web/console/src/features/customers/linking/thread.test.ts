import { describe, expect, it } from "vitest";
import type { MessageView } from "@/api/types";
import { nextToLoad, oneThread } from "./thread";

const line = (conversation: string, seq: number, minute: number): MessageView =>
  ({
    id: `${conversation}-${seq}`,
    conversation_id: conversation,
    seq,
    created_at: new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString(),
  }) as MessageView;
const ids = (items: MessageView[]) => items.map((one) => one.id);

describe("one thread", () => {
  const own = [line("a", 1, 10), line("a", 2, 20)];
  const other = [line("b", 1, 5), line("b", 2, 15), line("c", 1, 25)];

  it("puts parallel conversations in the order of time", () => {
    const thread = oneThread({ items: own, hasMore: false }, { items: other, hasMore: false });
    expect(ids(thread)).toEqual(["b-1", "a-1", "b-2", "a-2", "c-1"]);
  });

  it("reaches no further back than both are known", () => {
    const half = { items: other, hasMore: true };
    expect(ids(oneThread({ items: own, hasMore: true }, half))).toEqual(["a-1", "b-2", "a-2", "c-1"]);
    expect(nextToLoad({ items: own, hasMore: true }, half)).toBe("own");
    expect(nextToLoad({ items: own, hasMore: false }, half)).toBe("other");
    expect(nextToLoad({ items: own, hasMore: false }, { items: other, hasMore: false })).toBeNull();
  });

  it("shows what is asked for even where the other half is not loaded", () => {
    expect(oneThread({ items: own, hasMore: true }, { items: other, hasMore: true }, false)).toHaveLength(5);
  });

  it("keeps lines of one conversation in their order when the clock stood still", () => {
    const same = [line("a", 2, 1), line("a", 1, 1)];
    expect(ids(oneThread({ items: same, hasMore: false }, { items: [], hasMore: false }))).toEqual([
      "a-1",
      "a-2",
    ]);
  });
});
