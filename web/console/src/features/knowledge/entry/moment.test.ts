import { describe, expect, it } from "vitest";
import { moment } from "./moment";

describe("a moment in the history", () => {
  it("is told in words, not as the machine keeps it", () => {
    const told = moment("2026-11-21T03:06:51.396193Z", "zh-CN");
    expect(told).toContain("11");
    expect(told).not.toContain("T03");
  });
  it("leaves what people wrote alone", () => {
    expect(moment("2026-11-21 起生效", "zh-CN")).toBeUndefined();
    expect(moment("", "en")).toBeUndefined();
  });
});
