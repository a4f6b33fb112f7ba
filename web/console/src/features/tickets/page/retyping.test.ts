import { expect, test } from "vitest";
import type { FieldSpec } from "../types";
import { carry, landsIn } from "./retyping";

const field = (
  key: string,
  kind: FieldSpec["kind"],
  label = key,
  more: Partial<FieldSpec> = {},
): FieldSpec => ({
  key,
  kind,
  label: { en: label },
  ...more,
});
const options = (...keys: string[]) => ({ options: keys.map((key) => ({ key, label: { en: key } })) });

test("values go where the new type has a place for them, and what has none is named", () => {
  const from = {
    fields: [
      field("order", "order"),
      field("phone", "phone"),
      field("kind", "choice", "Kind", options("return", "exchange")),
      field("note", "text", "Remarks"),
      field("amount", "money"),
      field("empty", "text"),
    ],
  };
  const to = {
    fields: [
      field("order", "order"),
      field("phone", "phone"),
      field("kind", "choice", "Kind", options("electronic")),
      field("remarks", "long_text", "Remarks"),
      field("amount", "number"),
      field("copies", "number", "Copies", { default: 1 }),
    ],
  };
  const values = {
    order: "K-1",
    phone: "139****0000",
    kind: "return",
    note: "soon",
    amount: { minor: 100, currency: "CNY" },
  };
  const carried = carry(from, to, values, ["phone"]);
  expect(carried.kept).toEqual({ order: "K-1", phone: "139****0000" });
  expect(carried.values).toEqual({ order: "K-1", phone: "139****0000", remarks: "soon", copies: 1 });
  expect(carried.lost.map((spec) => spec.key)).toEqual(["kind", "amount"]);
});

test("a ticket lands in the state of the same status, or at the beginning", () => {
  const workflow = {
    initial: "in",
    states: [
      { key: "in", label: {}, status: "new" as const },
      { key: "at_work", label: {}, status: "open" as const },
    ],
    transitions: [],
  };
  expect(landsIn({ workflow }, "open")?.key).toBe("at_work");
  expect(landsIn({ workflow }, "pending")?.key).toBe("in");
});
