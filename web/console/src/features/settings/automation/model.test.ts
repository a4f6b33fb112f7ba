import { describe, expect, it } from "vitest";
import en from "./locales/en.json";
import zh from "./locales/zh-CN.json";
import {
  asUnit,
  blankAction,
  blankRule,
  blanksBefore,
  factsFor,
  missing,
  moved,
  reasonWords,
  sendable,
  shown,
  sparkline,
  unfilled,
} from "./model";
import type { Action } from "./types";

const keys = (node: object, path = ""): string[] =>
  Object.entries(node).flatMap(([key, value]) =>
    typeof value === "object"
      ? keys(value, `${path}${key}.`)
      : [`${path}${key.replace(/_(one|other)$/, "")}`],
  );

describe("automation", () => {
  it("says the same things in both languages", () => {
    expect(new Set(keys(en))).toEqual(new Set(keys(zh)));
  });

  it("has words for every action it can begin", () => {
    for (const kind of Object.keys(en.do)) expect(blankAction(kind, "ticket").do).toBe(kind);
    expect(blankAction("assign", "conversation").to).toBe("queue");
    expect(blankAction("move", "conversation").status).toBe("resolved");
  });

  it("sees what is missing before the server is asked", () => {
    const rule = blankRule();
    expect(missing(rule).map((one) => one.field)).toEqual(["name", "actions"]);
    const sound = { ...rule, name: "x", actions: [{ do: "tags", add: ["a"], remove: [] }] };
    expect(missing(sound)).toEqual([]);
    expect(missing({ ...sound, condition: { kind: "cel", source: " " } })[0]?.key).toBe("need.expression");
    expect(missing({ ...sound, actions: [blankAction("comment", "ticket")] })[0]).toEqual({
      field: "actions.0",
      key: "need.text",
    });
    const needs = (...actions: Action[]) => unfilled(actions).map((one) => `${one.field} ${one.key}`);
    const ticket = blankAction("create_ticket", "none");
    expect(
      needs(ticket, { ...ticket, type_key: "fault" }, { ...ticket, type_key: "fault", title: "x" }),
    ).toEqual(["actions.0 need.type", "actions.1 need.title"]);
    expect(needs(blankAction("set_type", "ticket"), blankAction("start_procedure", "ticket"))).toEqual([
      "actions.0 need.type",
      "actions.1 need.procedure",
    ]);
  });

  it("sends no condition where the builder asks nothing", () => {
    const empty = { kind: "builder", condition: { match: "all", conditions: [] } } as const;
    expect(
      sendable({ ...blankRule(), condition: { ...empty, condition: { ...empty.condition, conditions: [] } } })
        .condition,
    ).toBeNull();
    const cel = { kind: "cel", source: "true" } as const;
    expect(sendable({ ...blankRule(), condition: cel }).condition).toEqual(cel);
  });

  it("shows minutes in the largest unit that comes out even", () => {
    expect(asUnit(2880)).toEqual({ count: 2, unit: "day" });
    expect(asUnit(90)).toEqual({ count: 90, unit: "minute" });
    expect(asUnit(120)).toEqual({ count: 2, unit: "hour" });
  });

  it("draws counts on a line whose floor is nothing", () => {
    expect(sparkline([0, 2, 4], 10, 10)).toBe("0.0,9.0 5.0,5.0 10.0,1.0");
    expect(sparkline([0, 0], 10, 10)).toBe("0.0,9.0 10.0,9.0");
  });

  it("offers numbers with names by name", () => {
    const [fact] = factsFor(
      [{ path: "ticket.priority", label: "P", kind: "number", options: [{ value: 1, label: "Normal" }] }],
      (group) => group,
    );
    expect(fact?.kind).toBe("choice");
    expect(fact?.group).toBe("ticket");
  });

  it("puts reasons into words", () => {
    const label = (path: string) => path.toUpperCase();
    expect(reasonWords({ fact: "a.b", op: "is", value: 1, seen: null }, label)).toEqual({
      key: "log.test",
      params: { fact: "A.B", op: "is", value: "1", seen: "∅" },
    });
    expect(reasonWords({ limit: "rate", most: 10 }, label)?.key).toBe("log.limit.rate");
    expect(reasonWords({ expression: "x", seen: { a: [1, 2] } }, label)?.params.seen).toBe("A = 1, 2");
    expect(shown([])).toBe("∅");
  });

  it("puts a mark below what it means, behind wide characters, too", () => {
    expect(blanksBefore('x == "退款" &&', 11)).toBe("      \u3000\u3000  ");
    expect(blanksBefore("a", 1)).toBe("");
  });

  it("moves one and keeps the rest in order", () => {
    expect(moved([1, 2, 3], 0, 2)).toEqual([2, 3, 1]);
  });
});
