import { describe, expect, it } from "vitest";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import { dayAt, inWords, mainStep, wallClock } from "./model";
import type { Visit } from "./types";

const keys = (node: unknown, at = ""): string[] =>
  typeof node === "object" && node
    ? Object.entries(node).flatMap(([name, below]) => keys(below, at ? `${at}.${name}` : name))
    : [at];

describe("the counter", () => {
  it("has the same words in both languages", () => {
    expect(keys(en)).toEqual(keys(zh));
  });

  it("falls back to the other language", () => {
    expect(inWords({ "zh-CN": "维修", en: "" }, "en")).toBe("维修");
    expect(inWords({ "zh-CN": "维修", en: "Repairs" }, "en")).toBe("Repairs");
  });

  it("knows what comes next at a counter", () => {
    const visit = (state: string) => ({ state }) as Visit;
    expect([mainStep(null), mainStep(visit("called")), mainStep(visit("serving"))]).toEqual([
      "next",
      "start",
      "end",
    ]);
  });

  it("names days as the API does", () => {
    const noon = Date.parse("2026-11-30T12:00:00Z");
    expect([dayAt(0, "UTC", noon), dayAt(1, "UTC", noon)]).toEqual(["2026-11-30", "2026-12-01"]);
  });

  it("lives by the clock of the place, wherever the reader is", () => {
    const late = "2026-11-30T16:30:00Z";
    expect(dayAt(0, "Asia/Shanghai", Date.parse(late))).toBe("2026-12-01");
    expect(wallClock(late, "Asia/Shanghai", "zh-CN")).toBe("00:30");
    expect(wallClock(late, "America/New_York", "en")).toBe("11:30");
  });
});
