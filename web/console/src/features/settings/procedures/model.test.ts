import { describe, expect, it } from "vitest";
import {
  addStep,
  askingFor,
  connect,
  keyIn,
  moveStep,
  type ProcedureDocument,
  places,
  readOptions,
  removeStep,
  renameStep,
  shownOptions,
  waysOf,
  written,
} from "./model";

const doc: ProcedureDocument = {
  format: 1,
  procedure: "p",
  name: { en: "P" },
  steps: [
    { id: "a", type: "instruction", text: { en: "A" } },
    { id: "b", type: "check", text: { en: "B" }, failed: "a" },
    {
      id: "c",
      type: "choice",
      text: { en: "C" },
      options: [
        { key: "x", label: { en: "X" }, next: "a" },
        { key: "y", label: { en: "Y" } },
      ],
    },
    { id: "end", type: "end", outcome: "done", label: { en: "Done" } },
  ],
};
const lead = (given: ProcedureDocument, id: string) =>
  waysOf(given, given.steps.find((one) => one.id === id)!).map((way) => `${way.field}>${way.target}`);

describe("a procedure in the editor", () => {
  it("knows where steps lead, said or unsaid", () => {
    expect(lead(doc, "a")).toEqual(["next>b"]);
    expect(lead(doc, "b")).toEqual(["failed>a", "next>c"]);
    expect(lead(doc, "c")).toEqual(["options.0.next>a", "options.1.next>end"]);
    expect(lead(doc, "end")).toEqual([]);
  });

  it("adds, moves, renames and removes without breaking ways", () => {
    const added = addStep(doc, "script", "a");
    expect(lead(added.doc, "a")).toEqual([`next>${added.id}`]);
    expect(lead(added.doc, added.id)).toEqual(["next>b"]);
    expect(lead(removeStep(added.doc, added.id), "a")).toEqual(["next>b"]);
    expect(lead(moveStep(doc, "b", -1), "a")).toEqual(["next>b"]);
    const renamed = renameStep(doc, "a", "start");
    expect(lead(renamed, "b")).toEqual(["failed>start", "next>c"]);
    expect(lead(renamed, "c")[0]).toBe("options.0.next>start");
    expect(renameStep(doc, "a", "b")).toBe(doc);
    expect(lead(removeStep(doc, "a"), "b")).toEqual(["failed>b", "next>c"]);
  });

  it("draws ways from every kind of dot and places what nobody placed", () => {
    expect(lead(connect(doc, "c", "options.1.next", "b"), "c")[1]).toBe("options.1.next>b");
    expect(lead(connect(doc, "b", "failed", "end"), "b")[0]).toBe("failed>end");
    expect(places({ ...doc, layout: { a: [5, 6] } })).toMatchObject({
      a: [5, 6],
      b: [0, 130],
      end: [0, 390],
    });
  });

  it("reads options back as they were written, ways kept", () => {
    const options = doc.steps[2]!.options;
    expect(readOptions(shownOptions(options), options)).toEqual(options);
    expect(readOptions("z = 丙 | Z", options)).toEqual([{ key: "z", label: { "zh-CN": "丙", en: "Z" } }]);
  });
});

describe("words and answers in the editor", () => {
  it("lets the dots of one language go once the other is written", () => {
    expect(written({ "zh-CN": "……", en: "…" })).toEqual({ "zh-CN": "……", en: "…" });
    expect(written({ "zh-CN": "您好", en: "…" })).toEqual({ "zh-CN": "您好" });
    expect(written({ "zh-CN": "您好……", en: "Hello…" })).toEqual({ "zh-CN": "您好……", en: "Hello…" });
    expect(written(undefined)).toBeUndefined();
  });

  it("compares money by its smallest coin, also when the kind of a value is changed", () => {
    const step = {
      id: "paid",
      type: "check" as const,
      value: { key: "paid", kind: "number", label: { en: "Paid" } },
      passes: { match: "all", conditions: [{ fact: "answers.paid", op: "at_least", value: 1 }] },
    };
    const asked = askingFor(step as never, { kind: "money" });
    expect(asked).toEqual({
      match: "all",
      conditions: [{ fact: "answers.paid_minor", op: "at_least", value: 1 }],
    });
    const money = { ...step, value: { ...step.value, kind: "money" }, passes: asked };
    expect(askingFor(money as never, { kind: "number" })).toEqual(step.passes);
  });

  it("knows a procedure's file by its name", () => {
    expect(keyIn("format: 1\nprocedure: big_case\nname: {en: P}\n")).toBe("big_case");
    expect(keyIn('{"format": 1,\n  "procedure": "big_case"}')).toBe("big_case");
    expect(keyIn('{"procedure":"big_case"}')).toBe("big_case");
    expect(keyIn("name: x")).toBeUndefined();
  });
});
