import { describe, expect, it } from "vitest";
import { outlookFor, points, standing, workingAt } from "./model";
import type { Certainty, Fit, Outlook, Point } from "./types";

const fit = { version: 3, reviewed: 10 } as Fit;
const data = (changes: Partial<Certainty>) =>
  ({
    settings: { enabled: true, automatic: true, max_error: 0.1, max_useless: 0.5 },
    active: fit,
    applies: true,
    fewest: 45,
    ...changes,
  }) as Certainty;

describe("certainty", () => {
  it("says what thresholds rest on", () => {
    expect(standing(data({ active: null, applies: false }))).toBe("shipped");
    expect(standing(data({}))).toBe("fitted");
    const judged = { ...fit, reviewed: 45 };
    const answers = (shown: boolean) => [{ accepted: 0.1, shown } as Outlook];
    expect(standing(data({ active: judged, answers: answers(true) }))).toBe("measured");
    expect(standing(data({ active: judged, answers: answers(false) }))).toBe("unshown");
    expect(standing(data({ applies: false }))).toBe("stale");
    expect(standing(data({ settings: { ...data({}).settings, enabled: false } }))).toBe("off");
  });

  it("finds what was reckoned for a setting", () => {
    const rows = [0.05, 0.06, 0.07].map((accepted) => ({ accepted }) as Outlook);
    expect(outlookFor(rows, 0.06)?.accepted).toBe(0.06);
    expect(outlookFor(rows, 0.9)?.accepted).toBe(0.07);
    expect(outlookFor([], 0.1)).toBeUndefined();
  });

  it("finds where on the curve the bot works", () => {
    const curve = [0.25, 0.5, 0.75, 1].map((coverage) => ({ coverage }) as Point);
    expect(workingAt(curve, 0.5)).toBe(1);
    expect(workingAt(curve, 0.51)).toBe(2);
    expect(workingAt(curve, 0)).toBe(-1);
    expect(workingAt([], 0.4)).toBe(-1);
  });

  it("keeps what is not known unknown", () => {
    expect(points(null)).toBeNull();
    expect(points(0.0345)).toBe(3.5);
    expect(points(0)).toBe(0);
  });
});
