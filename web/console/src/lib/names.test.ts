import { expect, test } from "vitest";
import { matcherOf } from "./names";

test("ten thousand people are narrowed by looking each up once, by name or initials", () => {
  let read = 0;
  const people = Array.from({ length: 10_000 }, (_, n) => ({
    get id() {
      read++;
      return `p${n}`;
    },
    name: n === 7 ? "陈雨" : `Observer ${n}`,
  }));
  const matches = matcherOf(people, (one) => [one.name, null]);
  expect(Array.from({ length: 10_000 }, (_, n) => `p${n}`).filter((id) => matches("cy", id))).toEqual(["p7"]);
  expect(read).toBe(10_000);
  expect(matches("陈", "p7")).toBe(true);
  expect(matches("陈", "nobody")).toBe(false);
});
