import { describe, expect, it } from "vitest";

import { accentText, contrast, DEFAULT_ACCENT, readWebchat } from "./model";

describe("webchat settings", () => {
  it("fills in what is missing and refuses what is not a colour", () => {
    expect(readWebchat({})).toMatchObject({ accent: DEFAULT_ACCENT, position: "right", suggestions: [], greeting: "" });
    expect(readWebchat({ accent: "red; background:url(x)" }).accent).toBe(DEFAULT_ACCENT);
    expect(readWebchat({ accent: "#0A7F5A", suggestions: ["a", 3, "b"] })).toMatchObject({ accent: "#0A7F5A", suggestions: ["a", "b"] });
  });

  it("keeps text on the accent readable", () => {
    for (const accent of ["#3557d6", "#ffd400", "#ffffff", "#000000", "#0a7f5a", "#ff7043"])
      expect(contrast(accent, accentText(accent))).toBeGreaterThanOrEqual(4.5);
  });
});
