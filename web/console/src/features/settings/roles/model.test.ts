import { describe, expect, it } from "vitest";

import {
  dependants,
  difference,
  grant,
  groupPermissions,
  groupState,
  requirements,
  revoke,
  setGroup,
  toggle,
} from "./model";

describe("permission matrix", () => {
  it("brings along what a right rests on", () => {
    expect(requirements("knowledge.publish")).toEqual(["knowledge.edit", "knowledge.view"]);
    expect(grant([], "knowledge.publish")).toEqual(["knowledge.edit", "knowledge.publish", "knowledge.view"]);
  });

  it("takes away what rests on a right", () => {
    expect(dependants("knowledge.view").sort()).toEqual([
      "evaluation.decide",
      "evaluation.manage",
      "knowledge.edit",
      "knowledge.manage",
      "knowledge.publish",
      "knowledge.view_all",
    ]);
    expect(
      revoke(["knowledge.edit", "knowledge.publish", "knowledge.view", "reports.view"], "knowledge.view"),
    ).toEqual(["reports.view"]);
  });

  it("toggling twice a right that stands alone changes nothing", () => {
    const held = ["reports.view", "wallboard.view"];
    expect(toggle(toggle(held, "audit.view"), "audit.view")).toEqual(held);
  });

  it("lets viewers read everything without handling", () => {
    expect(grant([], "conversations.view_all")).toEqual(["conversations.view_all"]);
  });

  it("groups every permission exactly once, unknown ones last", () => {
    const all = ["knowledge.view", "conversations.handle", "canned.edit", "future.thing", "audit.view"];
    const groups = groupPermissions(all);
    expect(groups.flatMap((g) => g.permissions).sort()).toEqual([...all].sort());
    expect(groups.map((g) => g.key)).toEqual(["desk", "knowledge", "system", "other"]);
  });

  it("sets and reads a whole group", () => {
    const group = {
      key: "knowledge",
      permissions: ["knowledge.view", "knowledge.edit", "knowledge.publish"],
    };
    expect(groupState([], group)).toBe("none");
    expect(groupState(["knowledge.view"], group)).toBe("some");
    const on = setGroup([], group, true);
    expect(groupState(on, group)).toBe("all");
    expect(setGroup(on, group, false)).toEqual([]);
  });

  it("says what an edit changes", () => {
    expect(difference(["a", "b"], ["b", "c"])).toEqual({ added: ["c"], removed: ["a"] });
  });
});
