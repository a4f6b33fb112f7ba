import { describe, expect, it } from "vitest";
import { interval, inWords, moved, share, steps } from "./model";
import type { Config, Figures } from "./types";

const t = (key: string, params?: Record<string, unknown>) =>
  params ? `${key}(${Object.values(params).join()})` : key;

describe("configurations in words", () => {
  it("say what differs from the bot's own settings", () => {
    expect(inWords({ knowledge: "live", model: false }, t, "en")).toBe("config.live");
    const strict: Config = { knowledge: "drafts", model: true, max_error: 0.05 };
    expect(inWords(strict, t, "en")).toBe("config.drafts · config.error(5%) · config.withModel");
    expect(inWords({ knowledge: "at", at: "2026-03-01T00:00:00Z", model: false }, t, "en")).toContain("2026");
  });
});

describe("figures", () => {
  it("of nothing are a dash", () => {
    expect(share(null, "en")).toBe("–");
    expect(share(0.5, "en")).toBe("50%");
    expect(interval(null, "en")).toBeNull();
    expect(interval([0.1, 0.25], "en")).toBe("10% – 25%");
  });

  it("move only where both runs have them", () => {
    const figures = (accuracy: number | null) => ({ accuracy }) as Figures;
    expect(moved(figures(0.5), figures(0.75), "accuracy")).toBe(0.25);
    expect(moved(figures(null), figures(0.75), "accuracy")).toBeNull();
    expect(moved(null, figures(1), "accuracy")).toBeNull();
  });

  it("take one point of a curve per step, each once", () => {
    const points = [0.02, 0.3, 0.31, 1].map((coverage) => ({ coverage }));
    expect(steps(points, 4).map((p) => p.coverage)).toEqual([0.3, 1]);
    expect(steps([], 4)).toEqual([]);
  });
});
