import { describe, expect, it } from "vitest";
import {
  calendarDays,
  clockTime,
  duration,
  fileSize,
  money,
  relativeTime,
  shortDuration,
} from "@/lib/format";
import { keyOf, labelOf } from "@/lib/label";
import { initials } from "@/ui/Avatar";

describe("durations", () => {
  it.each([
    [0, "0 秒", "0 s"],
    [45, "45 秒", "45 s"],
    [125, "2 分 05 秒", "2 m 05 s"],
    [3600, "1 小时 00 分", "1 h 00 m"],
    [90_061, "1 天 1 小时", "1 d 1 h"],
    [172_800, "2 天", "2 d"],
    [-5, "0 秒", "0 s"],
  ])("%d seconds", (seconds, zh, en) => {
    expect(duration(seconds, "zh-CN")).toBe(zh);
    expect(duration(seconds, "en")).toBe(en);
  });

  it("are one unit in lists", () => {
    expect([59, 60, 3599, 3600, 90_000].map((s) => shortDuration(s, "en"))).toEqual([
      "59s",
      "1m",
      "59m",
      "1h",
      "1d",
    ]);
    expect(shortDuration(61, "zh-CN")).toBe("1 分");
  });
});

describe("relative time", () => {
  const now = new Date(2026, 4, 6, 10, 0, 0);
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();

  it("goes from just now to the date", () => {
    expect(relativeTime(new Date(now.getTime() + 15_000).toISOString(), "zh-CN", now)).toBe("刚刚");
    expect(relativeTime(new Date(now.getTime() - 20_000).toISOString(), "zh-CN", now)).toBe("刚刚");
    expect(relativeTime(new Date(now.getTime() - 300_000).toISOString(), "zh-CN", now)).toBe("5 分钟前");
    expect(relativeTime(at(2026, 4, 6, 7, 5), "en", now)).toBe("07:05");
    expect(relativeTime(at(2026, 4, 5, 23, 5), "zh-CN", now)).toBe("昨天 23:05");
    expect(relativeTime(at(2026, 4, 7, 9, 0), "zh-CN", now)).toBe("明天 09:00");
    expect(relativeTime(at(2026, 2, 1, 9, 0), "zh-CN", now)).toBe("3月1日");
    expect(relativeTime(at(2024, 2, 1, 9, 0), "zh-CN", now)).toBe("2024年3月1日");
  });

  it("counts calendar days, not spans of 24 hours", () => {
    expect(calendarDays(new Date(2026, 4, 5, 23, 59), new Date(2026, 4, 6, 0, 1))).toBe(1);
    expect(clockTime(at(2026, 4, 6, 0, 5), "en")).toMatch(/^(00|24):05$/);
  });
});

describe("small things", () => {
  it("sizes and money", () => {
    expect([900, 2048, 5 * 1024 * 1024].map(fileSize)).toEqual(["900 B", "2 KB", "5.0 MB"]);
    expect(money(129_900, "CNY", "zh-CN")).toBe("¥1,299.00");
  });

  it("initials of Chinese and Latin names", () => {
    expect([initials("王小明"), initials("Grace Liu"), initials("ada"), initials("")]).toEqual([
      "明",
      "GL",
      "A",
      "?",
    ]);
  });

  it("labels of configurable lists", () => {
    const item = { key: "lunch", label: { "zh-CN": "用餐", en: "Lunch" } };
    expect([keyOf(item), labelOf(item, "zh-CN"), labelOf(item, "en")]).toEqual(["lunch", "用餐", "Lunch"]);
    expect(labelOf("custom", "en", () => null)).toBe("custom");
  });
});
