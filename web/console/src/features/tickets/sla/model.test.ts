import { describe, expect, it } from "vitest";
import { inOrder, share, toneOf, toneOfClock, usedShare } from "./model";
import type { Clock } from "./types";

const NOW = Date.parse("2026-03-02T10:00:00Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const clock = (change: Partial<Clock>): Clock => ({
  id: "1",
  kind: "resolution",
  state: "running",
  policy: null,
  calendar: null,
  target_s: 3600,
  elapsed_s: 0,
  started_at: at(-60),
  due_at: at(60),
  paused_since: null,
  paused_why: null,
  met_at: null,
  breached_at: null,
  broken_target_s: null,
  broken_by_change: false,
  reason: null,
  steps: [],
  ...change,
});

describe("the tone of a clock", () => {
  it("is calm, then soon, then late; paused has no due time", () => {
    const tone = (minutes: number | null, started = -1) =>
      toneOf(
        {
          dueAt: minutes === null ? null : at(minutes),
          breached: false,
          paused: false,
          startedAt: at(started),
        },
        NOW,
      );
    expect(tone(120)).toBe("calm");
    expect(tone(15)).toBe("soon");
    expect(tone(16, -60)).toBe("soon"); // more than three quarters have passed
    expect(tone(-1)).toBe("late");
    expect(tone(null)).toBe("paused");
    expect(toneOf({ dueAt: null, breached: true, paused: false }, NOW)).toBe("late");
  });

  it("of what is over says whether it was kept", () => {
    expect(toneOfClock(clock({ state: "met", met_at: at(-5) }), NOW)).toBe("kept");
    expect(toneOfClock(clock({ state: "breached", met_at: at(-5), breached_at: at(-9) }), NOW)).toBe("late");
  });
});

it("shares stay between nothing and all", () => {
  expect(share(at(-30), at(30), NOW)).toBeCloseTo(0.5);
  expect(share(at(30), at(60), NOW)).toBe(0);
  expect(share(at(-30), at(-30), NOW)).toBe(1);
  expect(share(null, at(5), NOW)).toBe(0);
  expect(usedShare(clock({ elapsed_s: 1800 }))).toBe(0.5);
  expect(usedShare(clock({ elapsed_s: 9000 }))).toBe(1);
});

it("puts what runs out first on top and what is over below, newest first", () => {
  const rows = [
    clock({ id: "old", state: "met", met_at: at(-50), started_at: at(-90) }),
    clock({ id: "late", due_at: at(90) }),
    clock({ id: "new", state: "met", met_at: at(-10), started_at: at(-20) }),
    clock({ id: "paused", state: "paused", due_at: null }),
    clock({ id: "first", due_at: at(10) }),
  ];
  expect(inOrder(rows).map((one) => one.id)).toEqual(["first", "late", "paused", "new", "old"]);
});
