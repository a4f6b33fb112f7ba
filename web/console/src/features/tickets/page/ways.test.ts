import { describe, expect, it } from "vitest";
import type { Move } from "../types";
import { approvable, forward, ordered } from "./ways";

const way = (key: string, status: string, more: Partial<Move> = {}): Move => ({
  key,
  label: { en: key },
  to: { key, label: { en: key }, status } as Move["to"],
  allowed: true,
  why: null,
  missing: [],
  require_comment: false,
  approval: false,
  effects: [],
  ...more,
});
const free = { status: "open", waiting_on: null } as const;

describe("ways on", () => {
  const approve = way("approve", "open", { allowed: false, why: "approval", approval: true });

  it("puts first what brings it on, also when that asks for an approval, and last what is closed", () => {
    const moves = [
      way("exchanged", "solved", { allowed: false, why: "condition" }),
      way("ask", "pending"),
      way("await_goods", "on_hold", { effects: ["task"] }),
      approve,
      way("decline", "solved", { require_comment: true }),
    ];
    expect(ordered(moves, free).map((one) => one.key)).toEqual([
      "approve",
      "await_goods",
      "ask",
      "decline",
      "exchanged",
    ]);
  });

  it("goes on from what is solved by closing it, not by beginning again", () => {
    const moves = [way("reopen", "open"), way("close", "closed")];
    const solved = { status: "solved", waiting_on: null } as const;
    expect(ordered(moves, solved).map((one) => one.key)).toEqual(["close", "reopen"]);
    const closed = { status: "closed", waiting_on: null } as const;
    expect(moves.some((one) => forward(one, closed))).toBe(false);
  });

  it("does not urge to go on without whom it waits for", () => {
    const waiting = { status: "on_hold", waiting_on: { kind: "department", id: "1" } } as const;
    expect(forward(way("resume", "open"), waiting)).toBe(false);
    expect(forward(way("resume", "open"), { status: "on_hold", waiting_on: null })).toBe(true);
  });

  it("offers to ask for an approval once", () => {
    expect(approvable(approve, free)).toBe(true);
    expect(
      approvable(approve, { status: "on_hold", waiting_on: { kind: "approval", id: "1", name: "" } }),
    ).toBe(false);
    expect(approvable(way("check", "open", { allowed: false, why: "role" }), free)).toBe(false);
  });
});
