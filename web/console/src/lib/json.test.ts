import { expect, it } from "vitest";
import { canonical } from "./json";

it("is the same for the same data in another order of keys, lists apart", () => {
  const one = { name: { en: "A", "zh-CN": "甲" }, steps: [{ id: "x", type: "end" }] };
  const other = { steps: [{ type: "end", id: "x" }], name: { "zh-CN": "甲", en: "A" } };
  expect(canonical(one)).toBe(canonical(other));
  expect(canonical([1, 2])).not.toBe(canonical([2, 1]));
  expect(canonical({ a: undefined, b: null })).toBe('{"b":null}');
});
