import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import zh from "../locales/zh-CN.json";
import type { Definition } from "../types";
import { linesOf, sentenceOfLine, type Words } from "./diff";
import { clashOf } from "./verbs";

function t(key: string, params: Record<string, unknown> = {}): string {
  let found: unknown = zh;
  for (const part of key.split(".")) found = (found as Record<string, unknown> | undefined)?.[part];
  return typeof found === "string" ? found.replace(/\{\{(\w+)\}\}/g, (_, name) => String(params[name])) : key;
}

const definition: Definition = {
  name: { en: "Refund" },
  icon: "refund",
  prefix: "R",
  priority: 1,
  fields: [
    { key: "amount", kind: "money", label: { "zh-CN": "退款金额" } },
    {
      key: "why",
      kind: "cascade",
      label: { "zh-CN": "原因" },
      options: [
        { key: "q", label: { "zh-CN": "质量" }, children: [{ key: "z", label: { "zh-CN": "拉链坏" } }] },
      ],
    },
    { key: "story", kind: "long_text", label: { "zh-CN": "经过" } },
    { key: "proof", kind: "file", label: { "zh-CN": "凭证" } },
  ],
  workflow: {
    initial: "new",
    states: [
      { key: "new", label: { "zh-CN": "待受理" }, status: "new" },
      { key: "checking", label: { "zh-CN": "验货中" }, status: "on_hold" },
    ],
    transitions: [],
  },
};

const words: Words = {
  t,
  text: (text, fallback) => text?.["zh-CN"] ?? fallback ?? "",
  money: (minor, currency) => `${currency} ${minor / 100}`,
  date: (iso) => iso.slice(0, 10),
  moment: (iso) => iso.slice(0, 16),
  span: (seconds) => `${seconds} s`,
  names: { "u-1": "陈小雨", "d-1": "仓库" },
  types: { refund: "退换货", logistics: "物流查询" },
  definition,
};

const said = (changes: Record<string, [unknown, unknown]>) =>
  linesOf(changes, words).map((line) => sentenceOfLine(line, words));

describe("changes in words", () => {
  it("name what was and what is", () => {
    expect(said({ priority: [1, 3] })).toEqual(["优先级 普通 → 紧急"]);
    expect(said({ type: ["logistics", "refund"] })).toEqual(["类型 物流查询 → 退换货"]);
    expect(said({ assignee_id: [null, "u-1"], department_id: ["d-1", null] })).toEqual([
      "负责人 空 → 陈小雨",
      "部门 仓库 → 空",
    ]);
    expect(said({ assignee_id: ["u-gone", "u-1"] })).toEqual(["负责人 同事 → 陈小雨"]);
  });

  it("call states and fields what the type calls them", () => {
    expect(said({ status: ["new", "on_hold"], state: ["new", "checking"] })).toEqual([
      "状态 待受理 → 验货中",
    ]);
    expect(
      said({ "fields.amount": [null, { minor: 12900, currency: "CNY" }], "fields.why": [null, ["q", "z"]] }),
    ).toEqual(["退款金额 空 → CNY 129", "原因 空 → 质量 / 拉链坏"]);
  });

  it("say of lists what came and what went", () => {
    expect(
      said({
        tags: [
          ["a", "b"],
          ["b", "c"],
        ],
      }),
    ).toEqual(["标签 + c − a"]);
    expect(said({ "fields.proof": [[], [{ file_id: "f", name: "破损.jpg" }]] })).toEqual(["凭证 + 破损.jpg"]);
  });

  it("name other tickets", () => {
    expect(
      said({ "links.blocked_by": [null, { id: "x", ref: "L-10003" }], parent_id: [null, "t-9"] }),
    ).toEqual(["被阻塞于 + L-10003", "上级工单 空 → 同事"]);
  });

  it("do not spread long texts over one line", () => {
    expect(linesOf({ "fields.story": ["a", "b"] }, words)[0]).toMatchObject({ kind: "long", before: "a" });
    expect(said({ title: ["短", "长".repeat(80)] })).toEqual(["标题 已修改"]);
  });

  it("leave out what did not change for the eye, and survive what they do not know", () => {
    expect(said({ "fields.amount": [null, ""], solved_at: [null, "2026-01-01"] })).toEqual([]);
    expect(said({ "fields.gone": ["x", "y"], state: ["old", "new"] })).toEqual([
      "gone x → y",
      "状态 old → 待受理",
    ]);
  });
});

describe("a clash with somebody else's change", () => {
  const problem = (data: Record<string, unknown>) =>
    new Problem({ status: 409, code: "ticket_changed_meanwhile", sentence: "", data });

  it("knows what stands there now, who put it and what was wanted", () => {
    const found = clashOf(
      problem({
        version: 7,
        changed: { priority: { now: 3, by: { id: "u", name: "静静" }, at: "2026-01-01T00:00:00Z" } },
        names: { "c-1": "王芳" },
      }),
      "t-1",
      { priority: 2 },
    );
    expect(found).toEqual({
      ticketId: "t-1",
      mine: { priority: 2 },
      version: 7,
      changed: { priority: { now: 3, by: "静静", at: "2026-01-01T00:00:00Z" } },
      names: { "c-1": "王芳" },
    });
  });

  it("is not seen in other refusals", () => {
    expect(clashOf(new Problem({ status: 409, code: "ticket.closed", sentence: "" }), "t", {})).toBeNull();
  });
});
