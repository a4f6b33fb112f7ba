import { describe, expect, it } from "vitest";
import en from "../locales/en.json";
import { type Condition, type Fact, rootOf, sentence, startingTest, unfinished, withOperator } from "./model";

const FACTS: Fact[] = [
  {
    path: "ticket.priority",
    label: "Priority",
    kind: "choice",
    options: [
      { value: 2, label: "high" },
      { value: 3, label: "urgent" },
    ],
  },
  { path: "ticket.fields.amount_minor", label: "Amount", kind: "money" },
  { path: "ticket.tags", label: "Tags", kind: "tags" },
  { path: "ticket.fields.yen_minor", label: "Yen", kind: "money", currency: "JPY" },
  { path: "due_at", label: "Due", kind: "moment", relative: { values: ["@today"], say: () => "today" } },
];
const t = (key: string, params: Record<string, unknown> = {}) => {
  const found = key.split(".").reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], en);
  return String(found).replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(params[name]));
};

describe("conditions", () => {
  it("say amounts as their currency has them and days as people do", () => {
    expect(sentence({ fact: "ticket.fields.yen_minor", op: "above", value: 20000 }, FACTS, t)).toBe(
      "Yen is above 20000",
    );
    expect(sentence({ fact: "due_at", op: "below", value: "@today" }, FACTS, t)).toContain("today");
  });

  it("are told in one sentence, groups in brackets", () => {
    const condition: Condition = {
      match: "all",
      conditions: [
        { fact: "ticket.priority", op: "in", value: [2, 3] },
        {
          match: "any",
          conditions: [
            { fact: "ticket.fields.amount_minor", op: "above", value: 20000 },
            { fact: "ticket.tags", op: "in", value: ["vip"] },
          ],
        },
      ],
    };
    expect(sentence(condition, FACTS, t)).toBe(
      "Priority is one of high, urgent and (Amount is above 200.00 or Tags has any of vip)",
    );
    expect(sentence(rootOf(null), FACTS, t)).toBe("Always");
    expect(sentence({ match: "none", conditions: [condition.conditions[0]!] }, FACTS, t)).toBe(
      "none of (Priority is one of high, urgent)",
    );
    expect(sentence({ fact: "gone.one", op: "empty" }, FACTS, t)).toBe("gone.one is empty");
  });

  it("start unfinished and keep a value another operator can use", () => {
    const start = startingTest(FACTS[0]!);
    expect(unfinished(start)).toBe(true);
    const full = { ...start, value: [3] };
    expect(unfinished(rootOf(full))).toBe(false);
    expect(withOperator(full, "choice", "not_in").value).toEqual([3]);
    expect(withOperator(full, "choice", "empty")).toEqual({
      fact: "ticket.priority",
      op: "empty",
      value: null,
    });
    expect(withOperator({ fact: "x", op: "empty", value: null }, "text", "is").value).toBe("");
  });
});
