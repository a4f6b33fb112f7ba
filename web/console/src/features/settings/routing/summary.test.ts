import { describe, expect, it } from "vitest";

import { checkQueue, type Names, type QueueShape, summarize } from "./summary";

const names: Names = {
  queue: (id) => `Q:${id}`,
  skill: (id) => `S:${id}`,
  calendar: (id) => `C:${id}`,
  causes: (on) => on.join("+"),
  comma: ", ",
};
const queue = (over: Partial<QueueShape> = {}): QueueShape => ({
  priority: 0,
  strategy: "longest_idle",
  required_skills: [],
  calendar_id: null,
  accept_timeout_s: null,
  sticky: false,
  max_waiting: null,
  overflow: null,
  active: true,
  ...over,
});
const keys = (shape: QueueShape, members = 3) => summarize(shape, members, names).map((fact) => fact.key);

describe("a queue in plain words", () => {
  it("says the plain case", () => {
    expect(keys(queue())).toEqual(["who", "longest_idle", "auto", "always", "overflowNone"]);
  });

  it("says that nobody is there, and nothing else of an inactive queue", () => {
    expect(keys(queue(), 0)[0]).toBe("nobody");
    expect(keys(queue({ active: false }))).toEqual(["inactive"]);
  });

  it("names skills with the level that is asked", () => {
    const facts = summarize(
      queue({
        required_skills: [
          { skill_id: "en", level: 3 },
          { skill_id: "tech", level: 1 },
        ],
      }),
      2,
      names,
    );
    expect(facts[0]).toEqual({ key: "whoSkilled", params: { count: 2, skills: "S:en ≥ 3, S:tech" } });
  });

  it("tells everything that is set", () => {
    expect(
      keys(
        queue({
          sticky: true,
          strategy: "least_loaded",
          accept_timeout_s: 20,
          priority: 5,
          calendar_id: "c",
          max_waiting: 30,
          overflow: { action: "bot", queue_id: null, after_s: 300, on: ["timeout", "cap"] },
        }),
      ),
    ).toEqual(["who", "sticky_least_loaded", "offer", "priority", "hours", "cap", "overflowBot"]);
  });
});

describe("what a queue cannot be", () => {
  const faults = (over: Partial<QueueShape & { name: string }>) =>
    checkQueue({ ...queue(), name: "A", ...over }, "me").map((fault) => fault.field);

  it("accepts a plain queue", () => expect(faults({})).toEqual([]));
  it("wants a name", () => expect(faults({ name: " " })).toEqual(["name"]));
  it("does not overflow into itself or nowhere", () => {
    expect(faults({ overflow: { action: "queue", queue_id: "me", after_s: null, on: ["closed"] } })).toEqual([
      "overflow.queue_id",
    ]);
    expect(faults({ overflow: { action: "queue", queue_id: null, after_s: null, on: ["closed"] } })).toEqual([
      "overflow.queue_id",
    ]);
  });
  it("wants a reason, a time and a cap where they are used", () => {
    expect(faults({ overflow: { action: "bot", queue_id: null, after_s: null, on: [] } })).toEqual([
      "overflow.on",
    ]);
    expect(
      faults({ overflow: { action: "bot", queue_id: null, after_s: null, on: ["timeout", "cap"] } }),
    ).toEqual(["overflow.after_s", "max_waiting"]);
  });
  it("asks for a skill once", () => {
    expect(
      faults({
        required_skills: [
          { skill_id: "a", level: 1 },
          { skill_id: "a", level: 2 },
        ],
      }),
    ).toEqual(["required_skills"]);
  });
});
