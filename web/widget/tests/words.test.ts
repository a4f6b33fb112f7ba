import { describe, expect, it } from "vitest";
import { fits } from "../src/app/chat/files.ts";
import { backoff } from "../src/core/backoff.ts";
import { contrast, ground, onColor, parseHex, readable } from "../src/core/color.ts";
import { duration, upcoming } from "../src/i18n/format.ts";
import { catalogues, pickLocale, translate } from "../src/i18n/index.ts";

describe("catalogues", () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

  it("have the same keys, none empty, with the same holes", () => {
    expect(Object.keys(catalogues.en).sort()).toEqual(Object.keys(catalogues["zh-CN"]).sort());
    for (const [key, text] of Object.entries(catalogues["zh-CN"])) {
      const other = catalogues.en[key as keyof typeof catalogues.en];
      expect(text.trim(), key).not.toBe("");
      expect(holes(other), key).toEqual(holes(text));
      expect(other, key).not.toMatch(/[一-鿿]/);
    }
  });

  it("choose by the first wish that says something", () => {
    expect(pickLocale(null, "zh-Hant-TW")).toBe("zh-CN");
    expect(pickLocale("fr", "zh")).toBe("en");
    expect(pickLocale(undefined, "")).toBe("zh-CN");
  });

  it("say durations and days as people do", () => {
    expect(duration("zh-CN", 30)).toBe("不到 1 分钟");
    expect(duration("en", 125)).toBe("about 2 min");
    expect(upcoming("zh-CN", new Date(2026, 6, 2, 9), new Date(2026, 6, 1, 22))).toBe("明天 09:00");
    expect(translate("en", "queue.place", { n: 2 })).toBe("2 ahead of you");
  });
});

describe("colour", () => {
  it.each(["#2b5fd9", "#c2410c", "#ffd400", "#00e5a0", "#111111", "#fafafa", "#888"])(
    "%s can be read wherever it is used",
    (hex) => {
      const rgb = parseHex(hex)!;
      expect(contrast(rgb, parseHex(onColor(rgb))!)).toBeGreaterThanOrEqual(4.5);
      for (const surface of [
        [255, 255, 255],
        [27, 29, 34],
      ] as [number, number, number][]) {
        expect(contrast(readable(rgb, surface), surface)).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it("a colour that white can nearly be read on carries white", () => {
    const blue = ground(parseHex("#1677ff")!);
    expect(onColor(blue)).toBe("#ffffff");
    expect(contrast(blue, parseHex("#1677ff")!)).toBeLessThan(1.3);
    for (const own of ["#2b5fd9", "#ffd400"]) expect(ground(parseHex(own)!)).toEqual(parseHex(own));
  });

  it("takes nothing but colours", () => {
    expect(parseHex("red;background:url(x)")).toBeNull();
  });
});

describe("back-off", () => {
  it("grows, is capped, and is never the same for everyone", () => {
    expect(backoff(0, 0)).toBe(250);
    expect(backoff(3, 1)).toBe(4000);
    expect(backoff(50, 1)).toBe(30_000);
    expect(backoff(5, 0)).toBeLessThan(backoff(5, 1));
  });
});

describe("file types", () => {
  it("understand exact types, families and endings", () => {
    expect(fits({ name: "a.png", type: "image/png" }, "image/*")).toBe(true);
    expect(fits({ name: "A.PDF", type: "" }, ".pdf")).toBe(true);
    expect(fits({ name: "a.zip", type: "application/x-zip-compressed" }, "application/zip")).toBe(true);
    expect(fits({ name: "a.exe", type: "application/x-msdownload" }, "image/*")).toBe(false);
  });
});
