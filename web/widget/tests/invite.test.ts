import { describe, expect, it } from "vitest";
import { choose, fits, type Going, matches, type Rule } from "../src/invite/rules.ts";

const rule = (more: Partial<Rule>): Rule => ({
  id: "1",
  pages: [],
  not_pages: [],
  seconds: 0,
  visits: 0,
  scroll: 0,
  leaving: false,
  idle_cart: 0,
  who: "anybody",
  text: "hi",
  ...more,
});
const now = (more: Partial<Going> = {}): Going => ({
  url: "https://shop.example/beds/oak?size=2#top",
  seconds: 20,
  visits: 1,
  scroll: 40,
  leaving: false,
  idle: 5,
  cart: false,
  known: false,
  ...more,
});

describe("pages", () => {
  it.each([
    ["/beds/oak", true],
    ["/beds/*", true],
    ["/*/oak", true],
    ["/beds", false],
    ["*oak*", true],
    ["/beds/oak?size=2", true],
    ["/beds/oak?size=3", false],
    ["https://shop.example/*", true],
    ["https://shop.example/beds/oak", true],
    ["https://other.example/*", false],
    ["/*a*b*c*d*", false],
  ])("%s", (pattern, fitting) => expect(matches(pattern, now().url)).toBe(fitting));

  it("does not hang on stars", () => {
    const began = Date.now();
    matches(`/${"*a".repeat(80)}*b`, `https://x.example/${"a".repeat(5000)}`);
    expect(Date.now() - began).toBeLessThan(200);
  });
});

describe("rules", () => {
  it.each<[Partial<Rule>, Partial<Going>, boolean]>([
    [{ seconds: 15 }, {}, true],
    [{ seconds: 30 }, {}, false],
    [{ visits: 3 }, { visits: 2 }, false],
    [{ scroll: 50 }, { scroll: 50 }, true],
    [{ leaving: true }, {}, false],
    [{ leaving: true }, { leaving: true }, true],
    [{ idle_cart: 60 }, { idle: 90 }, false],
    [{ idle_cart: 60 }, { idle: 90, cart: true }, true],
    [{ who: "known" }, {}, false],
    [{ who: "unknown" }, {}, true],
    [{ not_pages: ["/beds/*"] }, {}, false],
  ])("%o at %o", (one, other, fitting) => expect(fits(rule(one), now(other))).toBe(fitting));

  it("takes the first that fits", () => {
    const rules = [rule({ id: "a", seconds: 60 }), rule({ id: "b" }), rule({ id: "c" })];
    expect(choose(rules, now())?.id).toBe("b");
    expect(choose([], now())).toBeNull();
  });
});
