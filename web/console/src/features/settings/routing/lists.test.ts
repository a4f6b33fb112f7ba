import { describe, expect, it } from "vitest";

import { checkList, finishList, move, newKey, readLabelled } from "./lists";

describe("lists in two languages", () => {
  it("reads every shape they come in", () => {
    const both = { key: "lunch", label: { "zh-CN": "午餐", en: "Lunch" } };
    expect(readLabelled(both)).toEqual(both);
    expect(readLabelled("午餐")).toEqual({ key: "午餐", label: { "zh-CN": "午餐", en: "午餐" } });
    expect(readLabelled({ key: "lunch", label: "Lunch" })).toEqual({
      key: "lunch",
      label: { "zh-CN": "Lunch", en: "Lunch" },
    });
  });

  it("makes keys that are new and speak", () => {
    expect(newKey({ "zh-CN": "", en: "Lunch break!" }, [])).toBe("lunch_break");
    expect(newKey({ "zh-CN": "午餐", en: "午餐" }, ["item"])).toBe("item_2");
  });

  it("finishes what is sent", () => {
    expect(
      finishList([
        { key: "", label: { "zh-CN": " 午餐 ", en: "" } },
        { key: "", label: { "zh-CN": "", en: "Item" } },
      ]),
    ).toEqual([
      { key: "item", label: { "zh-CN": "午餐", en: "午餐" } },
      { key: "item_2", label: { "zh-CN": "Item", en: "Item" } },
    ]);
  });

  it("finds empty and repeated entries", () => {
    const item = (zh: string) => ({ key: zh, label: { "zh-CN": zh, en: "" } });
    expect(checkList([item("a"), item(""), item("a")])).toEqual([
      { index: 1, fault: "empty" },
      { index: 2, fault: "twice" },
    ]);
  });

  it("moves within bounds", () => {
    expect(move(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(move(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  });
});
