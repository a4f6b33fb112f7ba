import { describe, expect, it } from "vitest";
import {
  bodyOf,
  checkPolicy,
  climbed,
  newStepId,
  parseMinutes,
  reasonKey,
  showMinutes,
  withMinutes,
} from "./model";
import type { PolicyBody, Step } from "./types";

const POLICY: PolicyBody = {
  subject: "ticket",
  name: "Standard",
  description: "",
  active: true,
  conditions: { match: "all", conditions: [] },
  targets: { resolution: { business: true, minutes: [null, 60, null, null] } },
  calendar_id: "c",
  pause_on: ["pending"],
  ladder: [],
};
const step = (id: string, at: Step["when"]["at"], value: number): Step => ({
  id,
  when: { at, value },
  kinds: [],
  action: { do: "escalate" },
});

describe("times", () => {
  it("are read as people write them", () => {
    for (const [text, minutes] of [
      ["90", 90],
      ["1h30m", 90],
      ["1 h 30", 90],
      ["2小时", 120],
      ["1小时 30分钟", 90],
      ["1.5h", 90],
      ["2d", 2880],
      ["  ", null],
    ] as const)
      expect([text, parseMinutes(text)]).toEqual([text, minutes]);
    for (const text of ["soon", "0", "-5", "5x", "9999d"])
      expect([text, parseMinutes(text)]).toEqual([text, undefined]);
  });

  it("are shown in the fewest words, and read again as the same", () => {
    expect(showMinutes(90, "en")).toBe("1h 30m");
    expect(showMinutes(2880, "zh-CN")).toBe("48小时");
    expect(showMinutes(45, "zh-CN")).toBe("45分");
    expect(showMinutes(null, "en")).toBe("");
    for (const locale of ["zh-CN", "en"])
      for (const minutes of [1, 59, 60, 61, 1440, 4800])
        expect(parseMinutes(showMinutes(minutes, locale))).toBe(minutes);
  });
});

describe("policies", () => {
  it("say what is missing", () => {
    expect(checkPolicy(POLICY)).toEqual([]);
    const fields = (change: Partial<PolicyBody>) =>
      checkPolicy({ ...POLICY, ...change }).map((one) => one.field);
    expect(fields({ name: "  " })).toEqual(["name"]);
    expect(fields({ targets: {} })).toEqual(["targets"]);
    expect(fields({ calendar_id: null })).toEqual(["calendar_id"]);
    expect(
      fields({ conditions: { match: "all", conditions: [{ fact: "ticket.tags", op: "in", value: [] }] } }),
    ).toEqual(["conditions"]);
    expect(
      fields({ ladder: [{ ...step("a", "after", 0), action: { do: "reassign", department_id: "" } }] }),
    ).toEqual(["ladder"]);
  });

  it("are sent without what promises nothing", () => {
    const targets = withMinutes(
      withMinutes(POLICY.targets, "first_response", 3, 15),
      "first_response",
      3,
      null,
    );
    expect(Object.keys(bodyOf({ ...POLICY, targets }).targets)).toEqual(["resolution"]);
    expect(bodyOf(POLICY).conditions).toBeNull();
    const vip = {
      match: "all" as const,
      conditions: [{ fact: "customer.level", op: "is" as const, value: "vip" }],
    };
    expect(bodyOf({ ...POLICY, conditions: vip }).conditions).toEqual(vip);
  });

  it("show their ladder in the order it is climbed", () => {
    const ladder = [
      step("d", "after", 30),
      step("b", "before", 10),
      step("c", "after", 0),
      step("a", "percent", 75),
    ];
    expect(climbed(ladder).map((one) => one.id)).toEqual(["a", "b", "c", "d"]);
  });
});

it("names steps and reasons anew", () => {
  const values = [0, 0, 0, 0, 0, 0, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99];
  expect(newStepId(["aaaaaa"], () => values.shift() ?? 0)).toBe("999999");
  expect(reasonKey(["reason_2"])).toBe("reason_3");
});
