import { describe, expect, it } from "vitest";
import { blank, bodyOf, byDay, sameHost } from "./model";

describe("language model settings", () => {
  it("send a key only when somebody typed one or took it away", () => {
    expect(bodyOf({ ...blank, has_key: true }, null)).not.toHaveProperty("api_key");
    expect(bodyOf({ ...blank, has_key: true }, null)).not.toHaveProperty("has_key");
    expect(bodyOf(blank, "")).toHaveProperty("api_key", "");
    expect(bodyOf(blank, "sk-1")).toHaveProperty("api_key", "sk-1");
  });

  it("know that a key belongs to its host", () => {
    expect(sameHost("https://a.example/v1", "https://a.example/openai/v1")).toBe(true);
    expect(sameHost("https://a.example/v1", "http://a.example/v1")).toBe(false);
    expect(sameHost("https://a.example/v1", "https://b.example/v1")).toBe(false);
    expect(sameHost("", "")).toBe(true);
  });

  it("sum a day over tasks and models", () => {
    const row = { model: "m", failed: 1, tokens_in: 10, tokens_out: 5 };
    expect(
      byDay([
        { ...row, day: "2026-03-01", task: "answer", calls: 2, ms: 300 },
        { ...row, day: "2026-03-02", task: "answer", calls: 1, ms: 50 },
        { ...row, day: "2026-03-01", task: "summary", calls: 1, ms: 300 },
      ]),
    ).toEqual([
      { day: "2026-03-02", calls: 1, failed: 1, tokens_in: 10, tokens_out: 5, mean_ms: 50 },
      { day: "2026-03-01", calls: 3, failed: 2, tokens_in: 20, tokens_out: 10, mean_ms: 200 },
    ]);
  });
});
