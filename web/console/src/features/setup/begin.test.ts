import { describe, expect, it } from "vitest";
import type { Inbox } from "../settings/types";
import { type Facts, stepsOf } from "./begin";

const NOTHING: Facts = {
  website: { id: "w1", channel: "webchat", key: "k" } as Inbox,
  ways: 1,
  people: 1,
  published: false,
  drafts: false,
  asked: false,
  served: false,
};

const open = (facts: Facts) =>
  stepsOf(facts)
    .filter((step) => !step.done)
    .map((step) => step.name);

describe("what comes after the wizard", () => {
  it("is everything for a company that has just begun", () => {
    expect(open(NOTHING)).toEqual(["knowledge", "ask", "serve", "team", "ways"]);
  });

  it("drafts are not yet answers: they lead to where they are published", () => {
    const step = stepsOf({ ...NOTHING, drafts: true })[0]!;
    expect([step.done, step.path]).toEqual([false, "/knowledge/faqs"]);
    expect(stepsOf(NOTHING)[0]!.path).toBe("/knowledge/import");
  });

  it("each fact ticks one step", () => {
    expect(open({ ...NOTHING, published: true })).not.toContain("knowledge");
    expect(open({ ...NOTHING, asked: true })).not.toContain("ask");
    expect(open({ ...NOTHING, served: true })).not.toContain("serve");
    expect(open({ ...NOTHING, people: 2 })).not.toContain("team");
    expect(open({ ...NOTHING, ways: 2 })).not.toContain("ways");
  });

  it("the code for the website is with the website; without one it is made first", () => {
    const at = (facts: Facts) => stepsOf(facts).find((step) => step.name === "ask")!.path;
    expect(at(NOTHING)).toBe("/settings/inboxes/w1");
    expect(at({ ...NOTHING, website: null })).toBe("/settings/inboxes/new");
  });
});
