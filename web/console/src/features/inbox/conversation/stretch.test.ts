import { describe, expect, it } from "vitest";
import { ROWS, stretchAround } from "./stretch";

const rows = (n: number) => Array.from({ length: n }, (_, i) => ({ key: `r${i}` }));

describe("the rows of a transcript that are in the page", () => {
  it("are all of a short one", () => {
    expect(stretchAround([], null)).toEqual({ from: 0, to: 0 });
    expect(stretchAround(rows(ROWS), "r3")).toEqual({ from: 0, to: ROWS });
  });

  it("are the last ones when no row is named, or one that is gone", () => {
    expect(stretchAround(rows(5000), null)).toEqual({ from: 5000 - ROWS, to: 5000 });
    expect(stretchAround(rows(5000), "gone")).toEqual({ from: 5000 - ROWS, to: 5000 });
  });

  it("lie around the named row, as many as ever at both ends", () => {
    expect(stretchAround(rows(5000), "r2000")).toEqual({ from: 2000 - ROWS / 2, to: 2000 + ROWS / 2 });
    expect(stretchAround(rows(5000), "r5")).toEqual({ from: 0, to: ROWS });
    expect(stretchAround(rows(5000), "r4999")).toEqual({ from: 5000 - ROWS, to: 5000 });
  });
});
