import { describe, expect, it } from "vitest";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import {
  addStep,
  connect,
  type FlowDocument,
  faultOf,
  missedOf,
  moveStep,
  operand,
  placeOf,
  places,
  removeStep,
  renameStep,
  waysOf,
} from "./model";

const W = { "zh-CN": "好", en: "ok" };
const flow: FlowDocument = {
  format: 1,
  flow: "x",
  name: W,
  slots: { a: { label: W, ask: W } },
  steps: [
    { id: "hello", type: "say", text: W },
    { id: "which", type: "ask", slot: "a", failed: "sorry" },
    { id: "fork", type: "branch", cases: [{ when: { value: "a", equals: 1 }, next: "sorry" }] },
    { id: "done", type: "end" },
    { id: "sorry", type: "handoff" },
  ],
  tests: [{ name: "t", turns: [{ customer: "x", step: "which" }] }],
};
const leads = (f: FlowDocument, id: string) =>
  waysOf(f, f.steps.find((s) => s.id === id)!).map((w) => `${w.field}>${w.target}`);

describe("the editor's changes keep every way where it led", () => {
  it("knows silent ways", () => {
    expect(leads(flow, "hello")).toEqual(["next>which"]);
    expect(leads(flow, "fork")).toEqual(["cases.0.next>sorry", "next>done"]);
    expect(leads(flow, "done")).toEqual([]);
  });

  it("puts a step in between", () => {
    const { flow: more, id } = addStep(flow, "say", "hello");
    expect(leads(more, "hello")).toEqual([`next>${id}`]);
    expect(leads(more, id)).toEqual(["next>which"]);
    expect(more.steps.map((s) => s.id)).toEqual(["hello", "say", "which", "fork", "done", "sorry"]);
    expect(more.steps.every((s) => s.next === undefined)).toBe(true);
  });

  it("begins with the first step that is put into an empty flow", () => {
    const { flow: more, id } = addStep({ ...flow, steps: [{ id: "done", type: "end" }] }, "ask");
    expect(more.steps.map((s) => s.id)).toEqual([id, "done"]);
    expect(leads(more, id)).toEqual(["next>done"]);
  });

  it("puts a step before the end, not behind it where nothing leads", () => {
    const line: FlowDocument = {
      ...flow,
      steps: [
        { id: "hello", type: "say", text: W },
        { id: "done", type: "end" },
      ],
    };
    for (const after of [undefined, "done"]) {
      const { flow: more, id } = addStep(line, "say", after);
      expect(more.steps.map((s) => s.id)).toEqual(["hello", id, "done"]);
      expect(leads(more, id)).toEqual(["next>done"]);
    }
    // A second end is a way out of its own.
    expect(addStep(line, "handoff", "done").flow.steps.map((s) => s.id)).toEqual([
      "hello",
      "done",
      "handoff",
    ]);
  });

  it("closes the gap of a step that goes, and forgets ways to an end that goes", () => {
    expect(leads(removeStep(flow, "which"), "hello")).toEqual(["next>fork"]);
    const without = removeStep(flow, "sorry");
    expect(leads(without, "fork")).toEqual(["next>done"]);
    expect(without.steps.find((s) => s.id === "which")).not.toHaveProperty("failed");
  });

  it("renames a step everywhere, tests included", () => {
    const renamed = renameStep(flow, "which", "ask_a");
    expect(leads(renamed, "hello")).toEqual(["next>ask_a"]);
    expect(JSON.stringify(renamed)).not.toContain('"which"');
    expect(renameStep(flow, "which", "done")).toBe(flow);
  });

  it("draws ways by their field", () => {
    expect(leads(connect(flow, "fork", "cases.0.next", "hello"), "fork")[0]).toBe("cases.0.next>hello");
    expect(leads(connect(flow, "hello", "next", "done"), "hello")).toEqual(["next>done"]);
  });

  it("moves a step in the list without changing where it leads", () => {
    const moved = moveStep(flow, "sorry", -1);
    expect(leads(moved, "fork")).toEqual(["cases.0.next>sorry", "next>done"]);
    expect(moved.steps.at(-1)?.id).toBe("done");
  });

  it("places every step once, reached or not", () => {
    const spots = Object.values(places({ ...flow, steps: [...flow.steps, { id: "lost", type: "end" }] }));
    expect(new Set(spots.map(String)).size).toBe(6);
  });

  it("reads operands as they are meant", () => {
    expect(operand("in", "paid, 3")).toEqual(["paid", 3]);
    expect(operand("equals", "true")).toBe(true);
    expect(operand("equals", "007")).toBe("007");
    expect(operand("present", "false")).toBe(false);
  });
});

describe("what went wrong in a call", () => {
  it("has words in both languages for every code the product's own connectors give", () => {
    for (const words of [zh, en])
      for (const code of [
        "refused_address",
        "invalid_input",
        "timeout",
        "unavailable",
        "refused",
        "not_found",
      ])
        expect(Object.keys(words.error)).toContain(code);
  });
  it("shows a tool's own code as it is", () => {
    const t = (key: string, params?: Record<string, unknown>) =>
      key === "error.timeout" ? "超时" : String(params?.defaultValue);
    expect([faultOf(t, "timeout"), faultOf(t, "out_of_stock")]).toEqual(["超时", "out_of_stock"]);
  });
});

describe("where a fault is", () => {
  const said = (words: unknown) => (key: string, values?: Record<string, unknown>) => {
    const found = key
      .split(".")
      .reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], words);
    const text = typeof found === "string" ? found : String(values?.defaultValue ?? key);
    return text.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values?.[name]));
  };
  const call = { id: "look", type: "tool" as const, tool: "shop.stock" };
  const whole = { ...flow, steps: [...flow.steps, call] };
  const at = (step: string, field: string, words: unknown = zh) =>
    placeOf(said(words) as never, whole, { step, field }, (_, name) => (name === "sku" ? "商品编号" : name));

  it("is told in the words of the screen", () => {
    expect(at("hello", "text.zh-CN")).toBe("hello · 要说的话（中文）");
    expect(at("fork", "cases.0.when.value")).toBe("fork · 条件 1 · 判断 · 值");
    expect(at("fork", "cases.1.next")).toBe("fork · 条件 2 · 走向");
    expect(at("fork", "next")).toBe("fork · 都不成立时");
    expect(at("look", "inputs.sku")).toBe("look · 商品编号");
    expect(at("look", "on_error.timeout")).toBe("look · 出错时去哪里 · 超时");
    expect(at("", "slots.a.ask.en")).toBe("槽位 a · 怎么问（英文）");
    expect(at("", "name.zh-CN")).toBe("名称（中文）");
    expect(at("", "tests.t.turns.0.step")).toBe("测试“t” · 第 1 句 · 停在的步骤");
    expect(at("hello", "text.en", en)).toMatch(/^hello · .+ \(English\)$/);
  });

  it("keeps what has no word, and says what a test looked at", () => {
    expect(at("hello", "nonsense")).toBe("hello · nonsense");
    expect(at("", "")).toBe("");
    expect(missedOf(said(zh) as never, "slots.a")).toBe("槽位 a");
    expect(missedOf(said(zh) as never, "says")).toBe("回答里的话");
  });
});
