import { describe, expect, it } from "vitest";
import { change, shortDay, sparkline } from "./model";

describe("figures of texts", () => {
  it("draw a line within its box", () => {
    expect(sparkline([0, 2, 4], 60, 20)).toBe("0,19 30,10 60,1");
    expect(sparkline([0, 0], 60, 20)).toBe("0,19 60,19");
    expect(sparkline([5], 60, 20)).toBe("0,1");
  });

  it("compare with the time before only when there was something", () => {
    expect(change(15, 10)).toBe(50);
    expect(change(0, 10)).toBe(-100);
    expect(change(3, 0)).toBeNull();
  });

  it("write days short", () => expect(shortDay("2026-03-05")).toBe("3-5"));
});
