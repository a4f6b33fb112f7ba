import { describe, expect, it } from "vitest";
import { EMPTY, finished, previewable } from "./model";

const link = (url: string, zh = "") => ({ label: { "zh-CN": zh, en: "" }, url });

describe("settings of the help centre", () => {
  it("leave out links nobody filled in", () => {
    const settings = {
      ...EMPTY,
      home_url: "  ",
      footer_links: [link(""), link("", "隐私"), link("https://a.cn")],
    };
    expect(finished(settings).home_url).toBeNull();
    expect(finished(settings).footer_links).toEqual([link("", "隐私"), link("https://a.cn")]);
  });

  it("are previewed without addresses that are still being typed", () => {
    const typed = [
      "https://",
      "https://a",
      "javascript:alert(1)",
      "//evil",
      "/\\evil",
      "/shop",
      "mailto:a@b.cn",
      "tel:",
    ];
    const shown = previewable({ ...EMPTY, home_url: "htt", footer_links: typed.map((url) => link(url)) });
    expect(shown.home_url).toBeNull();
    expect(shown.footer_links.map((one) => one.url)).toEqual(["https://a", "/shop", "mailto:a@b.cn"]);
  });
});
