import { describe, expect, it } from "vitest";

import { readHealth } from "./health";

describe("health", () => {
  it("puts what is broken first", () => {
    const parts = readHealth({
      version: "0.1.0",
      database: { ok: true, latency_ms: 1.2 },
      reactions: [{ name: "bot.reply", state: "failing", error: "boom", lag: 3 }],
      jobs: { status: "degraded", queued: 2 },
    });
    expect(parts.map((part) => [part.name, part.tone])).toEqual([
      ["bot.reply", "breach"],
      ["jobs", "wait"],
      ["service", "ok"],
      ["database", "ok"],
    ]);
    expect(parts[0]).toMatchObject({ message: "boom", figures: [["lag", 3]] });
  });

  it("warns of a reaction that falls behind", () => {
    const tones = readHealth({
      reactions: [
        { name: "a", behind_s: 0.1 },
        { name: "b", behind_s: 20 },
        { name: "c", behind_s: 90 },
      ],
    });
    expect(tones.map((part) => [part.name, part.tone])).toEqual([
      ["c", "breach"],
      ["b", "wait"],
      ["a", "ok"],
    ]);
  });

  it("opens what is nested and survives nonsense", () => {
    expect(readHealth({ files: { disk: { free_bytes: 5 }, list: [1] } })[0]?.figures).toEqual([
      ["disk.free_bytes", 5],
    ]);
    expect(readHealth(null)).toEqual([]);
  });
});
