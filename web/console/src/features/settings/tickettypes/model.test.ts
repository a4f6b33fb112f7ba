import { describe, expect, it } from "vitest";
import * as model from "./model";
import { blank, copyName } from "./start";
import type { Definition, Option } from "./types";

const labels = (options: Option[]): unknown[] =>
  options.map((option) => (option.children.length ? [option.label, labels(option.children)] : option.label));

function refund(): Definition {
  let [definition] = model.addField(blank(), "money", { "zh-CN": "金额" });
  [definition] = model.addField(definition, "choice", { en: "Reason" });
  definition = {
    ...definition,
    approval: {
      amount_field: "money",
      order: "sequence",
      expires_hours: 72,
      steps: [
        { ...model.blankStep({ en: "Supervisor" }), roles: ["supervisor"], above_minor: 20_000 },
        { ...model.blankStep({ en: "Director" }), roles: ["admin"], above_minor: 200_000 },
      ],
    },
  };
  definition = model.patchTransition(definition, 4, {
    require: ["money", "choice"],
    when: {
      match: "all",
      conditions: [
        { fact: "ticket.fields.money_minor", op: "above", value: 0 },
        { fact: "ticket.priority", op: "in", value: [3] },
      ],
    },
    effects: [
      { do: "set", field: "fields.money", value: { minor: 0, currency: "CNY" } },
      { do: "set", field: "priority", value: 3 },
    ],
  });
  const fields = model.replaced(definition.fields, 1, {
    required_when: { fact: "ticket.fields.money_minor", op: "filled" },
  });
  return { ...definition, fields };
}

describe("keys", () => {
  it("come from Latin letters and are never taken twice", () => {
    expect(model.keyFor("Return reason!", [], "field")).toBe("return_reason");
    expect(model.keyFor("Reason", ["reason", "reason_2"], "field")).toBe("reason_3");
    expect(model.keyFor("退货原因", ["option_1"], "option")).toBe("option_2");
    expect(model.keyFor("1st x", [], "field")).toBe("st_x");
    expect(model.keyFor("a".repeat(90), [], "field").length).toBeLessThanOrEqual(40);
  });
});

describe("fields", () => {
  it("take every mention of theirs along when they go", () => {
    const definition = refund();
    expect(model.usesOfField(definition, "money")).toEqual([
      { where: "field", key: "choice" },
      { where: "transition", key: "solve" },
      { where: "approval" },
    ]);
    const without = model.removeField(definition, "money");
    expect(model.usesOfField(without, "money")).toEqual([]);
    const solve = without.workflow.transitions[4]!;
    expect(solve.require).toEqual(["choice"]);
    expect(solve.effects).toEqual([{ do: "set", field: "priority", value: 3 }]);
    expect(model.testsOf(solve.when).map((test) => test.fact)).toEqual(["ticket.priority"]);
    expect(without.fields[0]!.required_when).toBeNull();
    expect(without.approval?.amount_field).toBeNull();
  });

  it("are called by their new key everywhere", () => {
    const definition = model.renameField(refund(), "money", "amount");
    expect(JSON.stringify(definition)).not.toContain("fields.money");
    expect(definition.approval?.amount_field).toBe("amount");
    expect(model.usesOfField(definition, "amount")).toHaveLength(3);
    expect(model.testsOf(definition.workflow.transitions[4]!.when)[0]!.fact).toBe(
      "ticket.fields.amount_minor",
    );
  });

  it("are copied beside themselves under a key of their own", () => {
    const [definition, index] = model.copyField(refund(), 0);
    expect(definition.fields.map((field) => field.key)).toEqual(["money", "money_2", "choice"]);
    expect(index).toBe(1);
  });
});

describe("options", () => {
  it("are read from lines, indented lines and paths", () => {
    const flat = model.parseOptions("质量问题 | Quality\nToo small\n\n质量问题", "en", false);
    expect(labels(flat)).toEqual([
      { "zh-CN": "质量问题", en: "Quality" },
      { en: "Too small" },
      { en: "质量问题" },
    ]);
    const tree = model.parseOptions(
      "家电\n  冰箱\n    双门\n  洗衣机\n服装 > 男装\n服装 > 女装",
      "zh-CN",
      true,
    );
    expect(labels(tree)).toEqual([
      [{ "zh-CN": "家电" }, [[{ "zh-CN": "冰箱" }, [{ "zh-CN": "双门" }]], { "zh-CN": "洗衣机" }]],
      [{ "zh-CN": "服装" }, [{ "zh-CN": "男装" }, { "zh-CN": "女装" }]],
    ]);
    expect(model.countOptions(tree)).toBe(7);
  });

  it("come back as the lines they were", () => {
    const text = "Goods | 商品\n  Fridges\n    Small\nOther";
    const options = model.parseOptions(text, "en", true);
    const again = model.parseOptions(model.optionsText(options), "en", true, options);
    expect(again).toEqual(options);
  });

  it("keep their keys and other language when they are pasted again", () => {
    const before: Option[] = [{ key: "q", label: { "zh-CN": "质量", en: "Quality" }, children: [] }];
    const after = model.parseOptions("尺寸\n质量", "zh-CN", false, before);
    expect(after.map((option) => option.key)).toEqual(["option_1", "q"]);
    expect(after[1]!.label.en).toBe("Quality");
  });

  it("are changed at their place in the tree", () => {
    let options = model.parseOptions("A\n  B", "en", true);
    options = model.addOption(options, [0, 0], { en: "C" });
    options = model.changeOptions(options, [0, 0], (list) => model.replaced(list, 0, { label: { en: "D" } }));
    expect(options[0]!.children[0]!.children).toEqual([{ key: "c", label: { en: "D" }, children: [] }]);
  });
});

describe("workflow", () => {
  it("loses a state with the ways to it, and keeps ways that also start elsewhere", () => {
    const definition = model.removeState(blank(), "new");
    expect(definition.workflow.initial).toBe("open");
    expect(definition.workflow.transitions.map((way) => way.key)).toEqual([
      "ask",
      "hold",
      "resume",
      "solve",
      "reopen",
      "close",
    ]);
    expect(definition.workflow.transitions.every((way) => !way.from_states.includes("new"))).toBe(true);
  });

  it("says which states are cut off", () => {
    const [more, key] = model.addState(blank(), { en: "Inspection" }, "open");
    expect(key).toBe("inspection");
    expect(model.strandedStates(more)).toEqual({ unreachable: ["inspection"], stuck: [] });
    const [joined, index] = model.connect(more, "open", key, { en: "Inspect" });
    expect(joined.workflow.transitions[index]).toMatchObject({
      from_states: ["open"],
      to: key,
      key: "inspect",
    });
    expect(model.strandedStates(joined)).toEqual({ unreachable: [], stuck: ["inspection"] });
    expect(model.connect(joined, "open", key, { en: "Again" })).toEqual([joined, index]);
  });

  it("puts states in columns from new to closed, and leaves those that were dragged", () => {
    const spots = model.places(blank().workflow.states, { open: [9, 9] });
    expect(spots.open).toEqual([9, 9]);
    expect(spots.new![0]).toBeLessThan(spots.pending![0]);
    expect(spots.pending![0]).toBe(spots.on_hold![0]);
    expect(spots.pending![1]).not.toBe(spots.on_hold![1]);
    expect(spots.solved![0]).toBeLessThan(spots.closed![0]);
  });
});

describe("approval", () => {
  it("needs the steps whose amount is passed, not reached", () => {
    const { steps } = refund().approval!;
    expect(model.stepsFor(steps, 20_000)).toEqual([]);
    expect(model.stepsFor(steps, 20_001)).toEqual([0]);
    expect(model.stepsFor(steps, 200_001)).toEqual([0, 1]);
  });
});

describe("what the server refuses", () => {
  it("is found by its place, however the place is written", () => {
    const faults = model.faultsOf([
      { field: "body.definition.workflow.transitions[2].to", message: "no such state" },
      { field: "definition.fields.0.label", message: "empty" },
    ]);
    expect(model.faultAt(faults, "workflow.transitions.2.to")).toBe("no such state");
    expect(model.faultAt(faults, "workflow.transitions.2")).toBe("no such state");
    expect(model.faultAt(faults, "workflow.transitions.20")).toBeUndefined();
    expect(faults.map((fault) => model.tabOf(fault.path))).toEqual(["workflow", "fields"]);
    expect(model.tabOf("close_after_hours")).toBe("basics");
  });

  it("is said before it is sent where it is plain", () => {
    const [definition] = model.addField(blank(), "choice", {});
    expect(model.missing(definition, "!").map((fault) => fault.path)).toEqual([
      "name",
      "fields.0.label",
      "fields.0.options",
    ]);
    expect(model.missing({ ...blank(), name: { en: "Refund" } }, "!")).toEqual([]);
  });
});

it("words fall back to the other language", () => {
  expect(model.wordsIn({ en: "Refund" }, "zh-CN")).toBe("Refund");
  expect(model.setWords({ en: "Refund" }, "en", "")).toEqual({});
  expect(copyName({ en: "Refund", "zh-CN": "退款" })).toEqual({
    en: "Refund (copy)",
    "zh-CN": "退款（副本）",
  });
});
