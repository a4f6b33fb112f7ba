import { describe, expect, it } from "vitest";

import { changeRows } from "./model";

describe("audit changes", () => {
  it("reads pairs, objects and plain values", () => {
    expect(changeRows({ name: ["A", "B"] })).toEqual([{ field: "name", before: "A", after: "B" }]);
    expect(changeRows({ name: { before: "A", after: null } })).toEqual([
      { field: "name", before: "A", after: null },
    ]);
    expect(changeRows({ name: "B" })).toEqual([{ field: "name", before: null, after: "B" }]);
  });

  it("opens nested objects and leaves out what stayed the same", () => {
    expect(
      changeRows({
        settings: [
          { a: 1, b: { c: true } },
          { a: 1, b: { c: false } },
        ],
      }),
    ).toEqual([{ field: "settings.b.c", before: "true", after: "false" }]);
    expect(changeRows({ before: { x: 1 }, after: { x: 2 } })).toEqual([
      { field: "x", before: "1", after: "2" },
    ]);
  });

  it("never prints a secret", () => {
    expect(changeRows({ password: ["old", "new"] })).toEqual([
      { field: "password", before: "••••", after: "••••" },
    ]);
    expect(
      JSON.stringify(changeRows({ settings: [{ webhook_secret: "s1" }, { webhook_secret: "s2" }] })),
    ).not.toContain("s2");
  });

  it("survives anything", () => {
    expect(changeRows(null)).toEqual([]);
    expect(changeRows("text")).toEqual([]);
    expect(changeRows({ tags: [["a"], ["a", "b"]] })).toEqual([
      { field: "tags", before: "a", after: "a, b" },
    ]);
  });
});
