import { expect, test } from "vitest";
import { inOrder } from "./steady";

test("what is known keeps its place, what is new comes last", () => {
  const sorted = ["free", "new", "busy", "away"];
  expect(inOrder(sorted, (one) => one, ["away", "busy", "gone", "free"])).toEqual([
    "away",
    "busy",
    "free",
    "new",
  ]);
  expect(inOrder(sorted, (one) => one, [])).toEqual(sorted);
});
