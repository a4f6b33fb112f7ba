import { expect, test } from "vitest";
import { lineDiff } from "./linediff";

test("what is gone and what is new stands between what stayed, far lines are folded", () => {
  const before = "1\n2\n3\n4\nold\n5\n6\n7\n8\n";
  const after = "1\n2\n3\n4\nnew\nmore\n5\n6\n7\n8";
  expect(lineDiff(before, after, 1)).toEqual([
    3,
    { op: "same", text: "4" },
    { op: "gone", text: "old" },
    { op: "new", text: "new" },
    { op: "new", text: "more" },
    { op: "same", text: "5" },
    3,
  ]);
  expect(lineDiff("a\nb", "a\nb")).toEqual([2]);
});

test("a line moved is one gone and one new, and both texts can be read off", () => {
  const before = ["steps", "a", "b", "c", "end"];
  const after = ["steps", "c", "a", "b", "end"];
  const shown = lineDiff(before.join("\n"), after.join("\n"), 9);
  const read = (without: "gone" | "new") =>
    shown.flatMap((line) => (typeof line === "number" || line.op === without ? [] : [line.text]));
  expect(read("new")).toEqual(before);
  expect(read("gone")).toEqual(after);
});
