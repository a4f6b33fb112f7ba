import { describe, expect, it } from "vitest";

import { complete, filledIn, type Template } from "./template";

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
