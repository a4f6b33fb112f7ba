import { describe, expect, it } from "vitest";
import type { VersionEntry } from "../types";
import { earlier } from "./earlier";

const rows = (...steps: string[]): VersionEntry[] =>
  steps.map((step, at) => ({
    number: steps.length - at,
    step,
    note: null,
    actor_id: null,
    actor_name: "x",
    at: "",
    words: true,
  }));

describe("the version before", () => {
  it("of a publication is what was live, not the draft it came from", () => {
    expect(earlier(rows("published", "drafted", "drafted", "saved", "created"), 5)).toBe(2);
    expect(earlier(rows("published", "restored", "published"), 3)).toBe(1);
  });

  it("of anything else is the one before it", () => {
    expect(earlier(rows("drafted", "drafted", "published"), 3)).toBe(2);
    expect(earlier(rows("published", "created"), 1)).toBeNull();
    expect(earlier([], null)).toBeNull();
  });
});
