import { describe, expect, it } from "vitest";

import { flatten, growTree, helpfulShare, options, pathOf, shelves, within } from "./tree";

const category = (id: string, parent_id: string | null = null, position = 0) => ({
  id,
  name: id,
  names: {},
  space_id: "s",
  parent_id,
  position,
  faqs: 0,
  articles: 0,
});

describe("shelves", () => {
  it("leaves out what holds nothing of a kind, but not the way to what does", () => {
    const shelf = (id: string, parent_id: string | null, faqs: number, articles: number) => ({
      id,
      parent_id,
      faqs,
      articles,
    });
    const all = [
      shelf("a", null, 0, 0),
      shelf("b", "a", 2, 0),
      shelf("c", null, 0, 3),
      shelf("d", null, 0, 0),
    ];
    expect(shelves(all, "faqs").map((one) => one.id)).toEqual(["a", "b"]);
    expect(shelves(all, "articles").map((one) => one.id)).toEqual(["c"]);
    expect(shelves(all, "faqs", "d").map((one) => one.id)).toEqual(["a", "b", "d"]);
  });
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
