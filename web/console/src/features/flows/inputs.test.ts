import { expect, it } from "vitest";
import { faultOfName, inputsOf, rowsOf } from "./inputs";

const W = { "zh-CN": "商品编号", en: "item number" };

it("keeps what a tool says of its inputs, in their order", () => {
  const inputs = {
    sku: { type: "text", required: true, description: W, choices: ["A", "B"], personal: false },
    days: { type: "integer", required: false },
  };
  expect(inputsOf(rowsOf(inputs))).toEqual(inputs);
  expect(Object.keys(inputsOf(rowsOf(inputs)) ?? {})).toEqual(["sku", "days"]);
});

it("is nothing to send while a name is missing, wrong or there already", () => {
  const rows = [{ name: "sku" }, { name: "" }, { name: "Sku" }, { name: "sku" }];
  expect(rows.map((_, at) => faultOfName(rows, at))).toEqual([null, "name_form", "name_form", "name_twice"]);
  expect(inputsOf(rows)).toBeNull();
  expect(inputsOf([])).toEqual({});
});

it("says in both languages what was written in one, and leaves out what is empty", () => {
  expect(inputsOf([{ name: "sku", description: { "zh-CN": "编号", en: " " }, choices: [] }])).toEqual({
    sku: { description: { "zh-CN": "编号", en: "编号" } },
  });
  expect(inputsOf([{ name: "sku", description: { "zh-CN": "", en: "" }, choices: null }])).toEqual({
    sku: {},
  });
});
