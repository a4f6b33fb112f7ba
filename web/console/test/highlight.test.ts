import { describe, expect, it } from "vitest";
import { beginning } from "@/ui/Highlight";

describe("a line that is cut off", () => {
  it("begins shortly before what was found", () => {
    expect(beginning([[40, 42]], 12)).toBe(28);
    expect(
      beginning(
        [
          [60, 62],
          [20, 22],
        ],
        12,
      ),
    ).toBe(8);
  });

  it("begins at its beginning when that is near, or nothing was found", () => {
    expect(beginning([[12, 14]], 12)).toBe(0);
    expect(beginning([], 12)).toBe(0);
  });
});
