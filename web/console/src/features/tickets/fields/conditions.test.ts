import { describe, expect, it } from "vitest";
import type { Condition } from "../types";
import { holds, isEmpty, lookup } from "./conditions";
import cases from "./conditions.cases.json";

describe("conditions in the browser", () => {
  // The same cases are put to the server's own reading of them in tests/desk/tickets/test_condition_cases.py.
  it.each(cases as { why: string; condition: Condition; facts: Record<string, unknown>; holds: boolean }[])(
    "$why",
    ({ condition, facts, holds: expected }) => {
      expect(holds(condition, facts)).toBe(expected);
    },
  );

  it("finds a value at a path, and nothing where there is none", () => {
    expect(lookup({ a: { b: [1] } }, "a.b")).toEqual([1]);
    expect(lookup({ a: { b: [1] } }, "a.b.0")).toBeNull();
    expect(lookup({}, "a")).toBeNull();
  });

  it("knows what is empty", () => {
    for (const nothing of [null, undefined, "", [], {}]) expect(isEmpty(nothing)).toBe(true);
    for (const something of [0, false, " ", [null], { a: null }]) expect(isEmpty(something)).toBe(false);
  });
});
