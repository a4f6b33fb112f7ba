import { describe, expect, it } from "vitest";

import { flatten, growTree, helpfulShare, options, pathOf, within } from "./tree";

const category = (id: string, parent_id: string | null = null, position = 0) => ({
  id,
  name: id,
  names: {},
  parent_id,
  position,
  faqs: 0,
  articles: 0,
});

describe("category tree", () => {
  const list = [
    category("b"),
    category("a"),
    category("a2", "a", 2),
    category("a1", "a", 1),
    category("lost", "gone"),
  ];

  it("orders and nests", () => {
    expect(flatten(growTree(list)).map((branch) => [branch.category.id, branch.depth])).toEqual([
      ["a", 0],
      ["a1", 1],
      ["a2", 1],
      ["b", 0],
      ["lost", 0],
    ]);
  });

  it("shows every category once even when parents go round in a circle", () => {
    const round = [category("x", "y"), category("y", "x"), category("z", "x")];
    const ids = flatten(growTree(round)).map((branch) => branch.category.id);
    expect(new Set(ids)).toEqual(new Set(["x", "y", "z"]));
    expect(pathOf(round, "x").length).toBeLessThanOrEqual(2);
  });

  it("knows what lies within, and names the path", () => {
    expect(within(growTree(list), "a")).toEqual(["a", "a1", "a2"]);
    expect(pathOf(list, "a1")).toEqual(["a", "a1"]);
    expect(options(list, "en", ["a", "a1", "a2"]).map((option) => option.value)).toEqual(["b", "lost"]);
  });

  it("says nothing about an answer nobody judged", () => {
    expect(helpfulShare({ helpful: 0, unhelpful: 0 })).toBeNull();
    expect(helpfulShare({ helpful: 3, unhelpful: 1 })).toBe(0.75);
  });
});
