import { expect, it } from "vitest";
import { merge } from "./merge";

it("keeps what each of two people has changed, and names what both have", () => {
  const base = { title: "退货", body: "七天", tags: ["a"], owner: null as string | null };
  const mine = { ...base, body: "七天内", tags: ["a", "b"] };
  const theirs = { ...base, title: "退货指南", body: "十天", tags: ["a", "b"], owner: "lin" };
  expect(merge(base, mine, theirs)).toEqual({
    value: { title: "退货指南", body: "七天内", tags: ["a", "b"], owner: "lin" },
    both: ["body"],
  });
  expect(merge(base, base, theirs)).toEqual({ value: theirs, both: [] });
});
