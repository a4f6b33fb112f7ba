import { describe, expect, it } from "vitest";

import { type Answers, check, readSite, restore, save, stageOf, strength } from "./model";
import { starterFile, starterRows } from "./starter";

const blank: Answers = {
  company: { name: "", locale: "zh-CN", timezone: "Asia/Shanghai" },
  admin: { name: "", email: "", password: "" },
  inbox: { name: "官网", site_url: "" },
};
const full: Answers = {
  company: { name: "云杉", locale: "zh-CN", timezone: "Asia/Shanghai" },
  admin: { name: "李雷", email: "lilei@example.com", password: "correct horse" },
  inbox: { name: "官网", site_url: "shop.example.com/path" },
};

describe("what is asked", () => {
  it("names every missing answer and accepts a full one", () => {
    expect(check("company", blank).map((fault) => fault.field)).toEqual(["company.name"]);
    expect(check("admin", blank).map((fault) => fault.field)).toEqual([
      "admin.name",
      "admin.email",
      "admin.password",
    ]);
    for (const stage of ["company", "admin", "inbox"] as const) expect(check(stage, full)).toEqual([]);
  });

  it("does not take the address as the password", () => {
    const answers = {
      ...full,
      admin: { name: "x", email: "longusername@example.com", password: "longusername" },
    };
    expect(check("admin", answers)).toEqual([{ field: "admin.password", key: "fault.passwordOwn" }]);
  });

  it.each([
    ["", ""],
    ["shop.example.com/cart", "https://shop.example.com"],
    ["http://localhost:8080", "http://localhost:8080"],
    ["not an address", null],
    ["javascript:alert(1)", null],
    ["ftp://example.com", null],
  ])("reads the site %s as %s", (typed, site) => expect(readSite(typed)).toBe(site));

  it("judges passwords by length and variety", () => {
    expect(strength("")).toBe(0);
    expect(strength("short")).toBe(1);
    expect(strength("aaaaaaaaaaaaaaa")).toBe(1);
    expect(strength("correct-Horse-battery-9")).toBe(4);
  });
});

describe("coming back", () => {
  it("never keeps the password", () => {
    expect(save({ stage: "inbox", answers: full })).not.toContain("correct horse");
  });

  it("goes back to the account where the password is asked again", () => {
    const back = restore(save({ stage: "inbox", answers: full }), blank);
    expect(back.stage).toBe("admin");
    expect(back.answers.company.name).toBe("云杉");
    expect(restore(save({ stage: "knowledge", answers: full }), blank).stage).toBe("knowledge");
  });

  it("survives what it cannot read", () => {
    expect(restore("{", blank)).toEqual({ stage: "company", answers: blank });
    expect(restore(null, blank).stage).toBe("company");
  });

  it("sends a complaint to its step", () => {
    expect(["body.admin.password", "company.timezone", "inbox.site_url"].map(stageOf)).toEqual([
      "admin",
      "company",
      "inbox",
    ]);
  });
});

describe("starter set", () => {
  it.each(["zh-CN", "en"] as const)("is a readable table in %s", async (locale) => {
    const rows = starterRows(locale);
    expect(rows.length).toBeGreaterThanOrEqual(10);
    expect(new Set(rows.map((row) => row.question)).size).toBe(rows.length);
    for (const row of rows) expect(row.variants.length).toBeGreaterThanOrEqual(3);
    const text = await starterFile(locale).text();
    expect(text.trim().split("\r\n")).toHaveLength(rows.length + 1);
  });
});
