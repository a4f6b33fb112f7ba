import { describe, expect, it } from "vitest";
import type { FieldSpec } from "../types";
import {
  complaintsOf,
  defaultsOf,
  differences,
  factsOf,
  flawOf,
  flawsOf,
  optionsOf,
  seenBy,
  shapeOf,
  writtenBy,
} from "./model";

const spec = (key: string, patch: Partial<FieldSpec> = {}): FieldSpec => ({
  key,
  kind: "text",
  label: { en: key },
  ...patch,
});

const refund = {
  fields: [
    spec("how", {
      kind: "choice",
      required: true,
      options: [
        { key: "refund", label: { en: "Refund" } },
        { key: "swap", label: { en: "Swap" } },
      ],
    }),
    spec("amount", {
      kind: "money",
      shown_when: { fact: "ticket.fields.how", op: "is", value: "refund" },
      required_when: { fact: "ticket.fields.how", op: "is", value: "refund" },
      maximum: 5000,
    }),
    spec("account", {
      shown_when: { fact: "ticket.fields.amount_minor", op: "above", value: 20000 },
      required: true,
    }),
  ],
};

describe("the shape of a form", () => {
  it("shows what its conditions say, and needs it only then", () => {
    const facts = factsOf({ priority: 1 });
    expect(shapeOf(refund, {}, facts).visible.map((f) => f.key)).toEqual(["how"]);
    const small = shapeOf(refund, { how: "refund", amount: { minor: 20000, currency: "CNY" } }, facts);
    expect(small.visible.map((f) => f.key)).toEqual(["how", "amount"]);
    expect([...small.required]).toEqual(["how", "amount"]);
    const large = shapeOf(refund, { how: "refund", amount: { minor: 20001, currency: "CNY" } }, facts);
    expect([...large.required]).toEqual(["how", "amount", "account"]);
  });

  it("drops what is hidden, and what was only shown because of it", () => {
    const values = { how: "swap", amount: { minor: 30000, currency: "CNY" }, account: "6222" };
    const shape = shapeOf(refund, values, factsOf({}));
    expect(shape.values).toEqual({ how: "swap" });
    expect(shape.visible.map((f) => f.key)).toEqual(["how"]);
  });

  it("knows the ticket itself", () => {
    const definition = {
      fields: [spec("why", { shown_when: { fact: "ticket.priority", op: "at_least", value: 2 } })],
    };
    expect(shapeOf(definition, {}, factsOf({ priority: 1 })).visible).toHaveLength(0);
    expect(shapeOf(definition, {}, factsOf({ priority: 3 })).visible).toHaveLength(1);
  });
});

describe("what is wrong with a value", () => {
  it("is said before the server is asked", () => {
    expect(flawOf(spec("a", { kind: "number", minimum: 2 }), 1, false)).toEqual({
      code: "at_least",
      params: { limit: 2 },
    });
    expect(
      flawOf(spec("a", { kind: "money", maximum: 10 }), { minor: 1001, currency: "CNY" }, false)?.code,
    ).toBe("at_most");
    expect(
      flawOf(spec("a", { kind: "money", maximum: 10 }), { minor: 10, currency: "JPY" }, false),
    ).toBeNull();
    expect(flawOf(spec("a", { pattern: "[A-Z]{2}\\d+" }), "xx1", false)?.code).toBe("pattern");
    expect(flawOf(spec("a", { pattern: "(?P<n>x)" }), "anything", false)).toBeNull();
    expect(flawOf(spec("a", { kind: "email" }), "nobody", false)?.code).toBe("email");
    expect(flawOf(spec("a", { kind: "yes_no" }), false, true)).toBeNull();
    expect(flawOf(spec("a"), "", true)?.code).toBe("required_error");
  });

  it("is gathered for what is on screen only", () => {
    const shape = shapeOf(refund, { how: "refund" }, factsOf({}));
    expect(Object.keys(flawsOf(shape))).toEqual(["amount"]);
    expect(flawsOf(shape, new Set(["amount"]))).toEqual({});
  });

  it("stands next to its field when the server says it", () => {
    expect(
      complaintsOf({
        fields: [
          { field: "fields.amount", code: "x", message: "Too much." },
          { field: "body.fields.items.0.price", code: "x", message: "Not a price." },
          { field: "title", code: "x", message: "Empty." },
        ],
      }),
    ).toEqual({ amount: "Too much.", items: "Not a price.", title: "Empty." });
  });
});

describe("values", () => {
  it("differ only where they do", () => {
    expect(differences({ a: 1, b: "", c: [1] }, { a: 1, b: null, c: [1, 2], d: "x" })).toEqual({
      c: [1, 2],
      d: "x",
    });
    expect(differences({ a: "x" }, {})).toEqual({ a: null });
  });

  it("begin with what the type says", () => {
    expect(
      defaultsOf({ fields: [spec("a", { kind: "money", default: 12.5 }), spec("b", { default: "" })] }),
    ).toEqual({ a: { minor: 1250, currency: "CNY" } });
  });

  it("of a cascade are named from the top", () => {
    const field = spec("c", {
      kind: "cascade",
      options: [{ key: "a", label: {}, children: [{ key: "b", label: {} }] }],
    });
    expect(optionsOf(field, ["a", "b"]).map((o) => o.key)).toEqual(["a", "b"]);
    expect(optionsOf(field, ["b"])).toEqual([]);
  });
});

describe("a form for somebody who may not see everything", () => {
  it("asks nothing of them that they may not fill, and sends nothing of it", () => {
    const definition = {
      fields: ["a", "read", "hidden"].map((key) => ({ ...spec(key, { kind: "text" }), required: true })),
    };
    const access = { a: "write", read: "read" } as const;
    const shape = seenBy(shapeOf(definition, { a: "1", hidden: "2" }, factsOf({})), access);
    expect(shape.visible.map((one) => one.key)).toEqual(["a", "read"]);
    expect([...shape.required]).toEqual(["a"]);
    expect(writtenBy(shape.values, access)).toEqual({ a: "1" });
    expect(writtenBy(shape.values, undefined)).toEqual({ a: "1", hidden: "2" });
  });
});
