import { describe, expect, it } from "vitest";
import type { DiffLine } from "../types";
import { fold } from "./fold";

const line = (op: DiffLine["op"]): DiffLine => ({ op, left: [["same", "x"]], right: [["same", "x"]] });

describe("fold", () => {
  it("keeps changes with their surroundings and counts the rest", () => {
    const lines = [..."ssssscsssss"].map((one) => line(one === "c" ? "changed" : "same"));
    expect(fold(lines, 2).map((item) => (typeof item === "number" ? item : item.op))).toEqual([
      3,
      "same",
      "same",
      "changed",
      "same",
      "same",
      3,
    ]);
  });

  it("folds everything where nothing changed", () => {
    expect(fold([line("same"), line("same")])).toEqual([2]);
    expect(fold([])).toEqual([]);
  });
});
