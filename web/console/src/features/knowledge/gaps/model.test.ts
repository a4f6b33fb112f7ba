import { describe, expect, it } from "vitest";
import { comparable, fall, gathered } from "./model";

describe("what an answer has changed", () => {
  it("is told in percent of the time before", () => {
    expect(fall({ before: 12, after: 3 })).toBe(-75);
    expect(fall({ before: 4, after: 6 })).toBe(50);
    expect(fall({ before: 0, after: 2 })).toBeNull();
  });

  it("is not told on the day the answer went live", () => {
    expect([comparable({ days: 0 }), comparable({ days: 1 })]).toEqual([false, true]);
  });

  it("keeps every handoff when days are gathered", () => {
    expect(gathered([1, 0, 2], 7)).toEqual([1, 0, 2]);
    expect(gathered([1, 0, 2, 1, 1, 0, 3, 1], 4)).toEqual([1, 3, 1, 4]);
    expect(gathered([1, 2, 3], 2)).toEqual([3, 3]);
    expect(gathered([], 5)).toEqual([]);
  });
});
