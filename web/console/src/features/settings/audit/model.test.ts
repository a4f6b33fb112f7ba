import { describe, expect, it } from "vitest";

import { changeRows, fieldName, valueName } from "./model";

describe("audit changes", () => {
  it("reads pairs, objects and plain values", () => {
    expect(changeRows({ name: ["A", "B"] })).toEqual([{ field: "name", before: "A", after: "B" }]);
    expect(changeRows({ name: { before: "A", after: null } })).toEqual([
      { field: "name", before: "A", after: null },
    ]);
    expect(changeRows({ name: "B" })).toEqual([{ field: "name", before: null, after: "B" }]);
  });

  it("opens nested objects and leaves out what stayed the same", () => {
    expect(
      changeRows({
        settings: [
          { a: 1, b: { c: true } },
          { a: 1, b: { c: false } },
        ],
      }),
    ).toEqual([{ field: "settings.b.c", before: "true", after: "false" }]);
    expect(changeRows({ before: { x: 1 }, after: { x: 2 } })).toEqual([
      { field: "x", before: "1", after: "2" },
    ]);
  });

  it("never prints a secret", () => {
    expect(changeRows({ password: ["old", "new"] })).toEqual([
      { field: "password", before: "••••", after: "••••" },
    ]);
    expect(
      JSON.stringify(changeRows({ settings: [{ webhook_secret: "s1" }, { webhook_secret: "s2" }] })),
    ).not.toContain("s2");
  });

  it("survives anything", () => {
    expect(changeRows(null)).toEqual([]);
    expect(changeRows("text")).toEqual([]);
    expect(changeRows({ tags: [["a"], ["a", "b"]] })).toEqual([
      { field: "tags", before: "a", after: "a, b" },
    ]);
  });
});

describe("audit words", () => {
  const words: Record<string, string> = {
    "fields.weekly": "每周时间",
    "parts.fri": "周五",
    "fields.skills": "技能",
  };
  const word = (of: string, key: string) => words[`${of}.${key}`] ?? null;

  it("calls a field of a field after both", () => {
    expect(fieldName("weekly", word)).toBe("每周时间");
    expect(fieldName("weekly.fri", word)).toBe("每周时间 · 周五");
    expect(fieldName("skills.售前", word)).toBe("技能 · 售前");
    expect(fieldName("brand_new.thing", word)).toBe("brand new.thing");
  });

  it("writes yes, no and moments as people do", () => {
    const say = (value: string) => valueName(value, "是", "否", () => "11月23日");
    expect([say("true"), say("false"), say("2026-11-23T00:23:31.286463Z"), say("2026")]).toEqual([
      "是",
      "否",
      "11月23日",
      "2026",
    ]);
  });
});
