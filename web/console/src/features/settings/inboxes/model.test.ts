import { describe, expect, it } from "vitest";

import { accentText, contrast, DEFAULT_ACCENT, finishWebchat, inLanguage, readWebchat } from "./model";

describe("webchat settings", () => {
  it("fills in what is missing and refuses what is not a colour", () => {
    expect(readWebchat({})).toMatchObject({
      accent: DEFAULT_ACCENT,
      position: "right",
      greeting: { "zh-CN": "", en: "" },
    });
    expect(readWebchat({ accent: "red; background:url(x)" }).accent).toBe(DEFAULT_ACCENT);
    expect(readWebchat({ suggestions: { "zh-CN": ["a", 3], en: null } }).suggestions).toEqual({
      "zh-CN": ["a"],
      en: [],
    });
  });

  it("falls back to the other language", () => {
    expect(inLanguage({ "zh-CN": "您好", en: "" }, "en")).toBe("您好");
    expect(inLanguage({ "zh-CN": "您好", en: "Hello" }, "en")).toBe("Hello");
  });

  it("sends suggestions without blanks", () => {
    const settings = readWebchat({ suggestions: { "zh-CN": [" a ", ""], en: [" "] } });
    expect(finishWebchat(settings, ["https://x.example"])).toMatchObject({
      suggestions: { "zh-CN": ["a"], en: [] },
      allowed_origins: ["https://x.example"],
    });
  });

  it("keeps text on the accent readable", () => {
    for (const accent of ["#3557d6", "#ffd400", "#ffffff", "#000000", "#0a7f5a", "#ff7043"])
      expect(contrast(accent, accentText(accent))).toBeGreaterThanOrEqual(4.5);
  });
});
