import { describe, expect, it } from "vitest";

import { alignHours, changeSince, hourWindow, levelTone, loadTone, sortAgents, waitTone } from "./model";

describe("tones", () => {
  it.each([
    [null, "idle"],
    [0, "idle"],
    [20, "ok"],
    [30, "wait"],
    [60, "breach"],
  ] as const)("a wait of %s against 60 s is %s", (seconds, tone) => expect(waitTone(seconds, 60)).toBe(tone));

  it("colours service level and load", () => {
    expect([null, 59, 60, 80].map(levelTone)).toEqual(["idle", "breach", "wait", "ok"]);
    expect([loadTone(0, 5), loadTone(2, 5), loadTone(4, 5), loadTone(5, 5), loadTone(1, 0)]).toEqual([
      "idle",
      "ok",
      "wait",
      "breach",
      "idle",
    ]);
  });
});

describe("hours", () => {
  it("fills the past and leaves the future empty", () => {
    const values = alignHours([{ hour: 9, started: 4 }], "started", 10);
    expect(values[8]).toBe(0);
    expect(values[9]).toBe(4);
    expect(values[11]).toBeNull();
  });

  it("compares like with like: only hours that have passed", () => {
    expect(changeSince([20, 40, null], [10, 20, 100])).toEqual({ by: 100, percent: true });
    expect(changeSince([12, 24, null], [10, 30, 100])).toEqual({ by: -10, percent: true });
    expect(changeSince([30, 6], [1, 1])).toEqual({ by: 34, percent: false });
    expect(changeSince([3, null], [0, 9])).toBeNull();
  });

  it("shows at least eight hours and all that have figures", () => {
    const at = (...hours: number[]) => Array.from({ length: 24 }, (_, h) => (hours.includes(h) ? 1 : 0));
    expect(hourWindow(at())).toEqual([8, 20]);
    expect(hourWindow(at(9, 20))).toEqual([9, 20]);
    const [from, to] = hourWindow(at(23));
    expect(to - from).toBe(8);
    expect(to).toBe(23);
    const [first, last] = hourWindow(at(0));
    expect([first, last]).toEqual([0, 8]);
  });
});

describe("agents", () => {
  it("puts reachable and loaded people first", () => {
    const agent = (name: string, state: string, load: number) => ({
      user: { name },
      state,
      load,
      capacity: 5,
    });
    const sorted = sortAgents([
      agent("丁", "offline", 0),
      agent("丙", "away", 1),
      agent("甲", "online", 1),
      agent("乙", "online", 4),
    ]);
    expect(sorted.map((a) => a.user.name)).toEqual(["乙", "甲", "丙", "丁"]);
  });
});
