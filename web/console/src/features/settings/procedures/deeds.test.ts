import { expect, test } from "vitest";
import { blankDeed, DEEDS, deedOf, departmentOf, readValue, shownValue } from "./deeds";

test("what a file says of an action is kept, what nobody understands begins anew", () => {
  expect(deedOf({ do: "set_field", field: "fields.amount", value: "{{answers.amount}}" })).toEqual({
    do: "set_field",
    field: "fields.amount",
    value: "{{answers.amount}}",
  });
  expect(deedOf({ do: "dance" })).toEqual(blankDeed("add_tags"));
  for (const kind of DEEDS) expect(deedOf(blankDeed(kind))).toEqual(blankDeed(kind));
});

test("a department is known by any of its names", () => {
  const known = [
    { id: "1", name: "仓储部" },
    { id: "2", name: "Logistics" },
  ];
  expect(departmentOf({ "zh-CN": "仓储部", en: "Warehouse" }, known)).toBe("1");
  expect(departmentOf({ "zh-CN": "物流部", en: "logistics" }, known)).toBe("2");
  expect(departmentOf({ "zh-CN": "市场部", en: "Marketing" }, known)).toBeNull();
});

test("values are read as their field stores them, variables stay text", () => {
  expect(readValue("12.5", "number")).toBe(12.5);
  expect(readValue("true", "yes_no")).toBe(true);
  expect(readValue('{"minor": 100, "currency": "CNY"}', "money")).toEqual({ minor: 100, currency: "CNY" });
  expect(readValue("{{answers.amount}}", "money")).toBe("{{answers.amount}}");
  expect(readValue("0012", "order")).toBe("0012");
  expect(shownValue({ minor: 100, currency: "CNY" })).toBe('{"minor":100,"currency":"CNY"}');
});
