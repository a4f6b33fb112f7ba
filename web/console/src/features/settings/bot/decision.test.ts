import { describe, expect, it } from "vitest";

import { readDecision } from "./decision";

describe("a trial answer", () => {
  it("reads an answer with its grounds", () => {
    const decision = readDecision({
      kind: "answer",
      confidence: 0.93,
      text: "七天内可退。",
      hits: [{ type: "faq", id: "f1", title: "怎么退货", score: 0.93 }],
    });
    expect(decision).toMatchObject({ kind: "answer", confidence: 0.93, text: "七天内可退。" });
    expect(decision.hits[0]).toMatchObject({
      type: "faq",
      title: "怎么退货",
      path: "/console/knowledge/faqs/f1",
    });
  });

  it("reads choices in either shape", () => {
    expect(readDecision({ decision: "choices", choices: ["A", { label: "B" }] }).options).toEqual(["A", "B"]);
    expect(readDecision({ decision: { kind: "clarify", options: [{ title: "C" }] } })).toMatchObject({
      kind: "choices",
      options: ["C"],
    });
  });

  it("reads a flow with what is answered beside it", () => {
    const decision = readDecision({
      action: "flow",
      decision: "answer",
      flow: "申请退款",
      text: "我们承担运费。",
      options: [],
      hits: [],
    });
    expect(decision).toMatchObject({ kind: "flow", flow: "申请退款", text: "我们承担运费。" });
  });

  it("survives what it does not know", () => {
    expect(readDecision(null)).toEqual({
      kind: "other",
      confidence: null,
      text: null,
      flow: null,
      options: [],
      hits: [],
    });
    expect(readDecision({ kind: "surprise" }).kind).toBe("other");
  });
});
