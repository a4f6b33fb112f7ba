import { expect, test } from "vitest";
import { standing } from "./standing";

test("one offer stands over the list, the others are a number until somebody asks for them", () => {
  expect(standing([], false)).toEqual({ shown: [], others: 0 });
  expect(standing(["a"], false)).toEqual({ shown: ["a"], others: 0 });
  expect(standing(["a", "b", "c", "d"], false)).toEqual({ shown: ["a"], others: 3 });
  expect(standing(["a", "b", "c", "d"], true)).toEqual({ shown: ["a", "b", "c"], others: 3 });
});
