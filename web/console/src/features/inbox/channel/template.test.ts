import { describe, expect, it } from "vitest";

import { complete, filledIn, labelOf, type Template } from "./template";

const TEMPLATE: Template = {
  id: "t",
  title: "Parcel",
  text: "Hello {name}, your parcel {number} is there. {number}!",
  fields: ["name", "number"],
  language: null,
  data: {},
};

describe("a template", () => {
  it("shows what is filled in and what is still missing", () => {
    expect(filledIn(TEMPLATE, { number: "7" })).toBe("Hello {name}, your parcel 7 is there. 7!");
    expect(complete(TEMPLATE, { number: "7" })).toBe(false);
    expect(complete(TEMPLATE, { number: "7", name: " " })).toBe(false);
    expect(complete(TEMPLATE, { number: "7", name: "Li" })).toBe(true);
  });
});

it("a blank is called what the template says in front of it", () => {
  const text = "{result}\n领奖金额:{thing2}\n领奖时间： {time3}\nYour code {1}";
  const template = { id: "1", title: "", text, fields: [], language: null, data: {} };
  expect(["thing2", "time3", "1", "result"].map((field) => labelOf(template, field))).toEqual([
    "领奖金额",
    "领奖时间",
    "1",
    "result",
  ]);
});
