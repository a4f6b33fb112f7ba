import { describe, expect, it } from "vitest";

import {
  addDays,
  addInterval,
  canCutBreak,
  checkDay,
  checkWeek,
  copyDay,
  cutBreak,
  dayOf,
  groupWeek,
  leadingBlanks,
  openMinutes,
  overnight,
  PRESETS,
  putException,
  readClock,
  todayIn,
  weekMinutes,
} from "./model";

describe("reading clock times", () => {
  it.each([
    ["9", "09:00"],
    ["9:5", "09:05"],
    ["930", "09:30"],
    ["0930", "09:30"],
    ["９：３０", "09:30"],
    ["24", "24:00"],
    [" 18.30 ", "18:30"],
  ])("%s is %s", (typed, clock) => expect(readClock(typed)).toBe(clock));

  it.each(["", "25", "9:60", "24:01", "noon"])("%s is not a time", (typed) =>
    expect(readClock(typed)).toBeNull(),
  );
});

describe("checking a day", () => {
  it("accepts touching intervals and refuses crossing ones", () => {
    expect(
      checkDay([
        ["09:00", "12:00"],
        ["12:00", "18:00"],
      ]),
    ).toEqual([]);
    expect(
      checkDay([
        ["09:00", "13:00"],
        ["12:00", "18:00"],
      ]),
    ).toEqual([{ index: 1, fault: "overlap" }]);
  });

  it("lets an interval run past midnight, but not into another", () => {
    expect(checkDay([["22:00", "06:00"]])).toEqual([]);
    expect(overnight(["22:00", "06:00"])).toBe(true);
    expect(overnight(["00:00", "24:00"])).toBe(false);
    expect(openMinutes([["22:00", "06:00"]])).toBe(8 * 60);
    expect(
      checkDay([
        ["22:00", "06:00"],
        ["23:00", "23:30"],
      ]),
    ).toEqual([{ index: 1, fault: "overlap" }]);
  });

  it("names what it cannot read", () => {
    expect(
      checkDay([
        ["9am", "18:00"],
        ["24:00", "01:00"],
      ]).map((found) => found.fault),
    ).toEqual(["format", "format"]);
  });

  it("reports only days with faults", () => {
    expect(checkWeek({ mon: [["09:00", "18:00"]], tue: [["10:00", "noon"]] })).toEqual({
      tue: [{ index: 0, fault: "format" }],
    });
  });
});

describe("editing a week", () => {
  it("cuts lunch out of a day once", () => {
    const cut = cutBreak([["09:00", "18:00"]]);
    expect(cut).toEqual([
      ["09:00", "12:00"],
      ["13:00", "18:00"],
    ]);
    expect(canCutBreak(cut)).toBe(false);
    expect(canCutBreak([["13:00", "18:00"]])).toBe(false);
  });

  it("adds after the last interval and stops at midnight", () => {
    expect(addInterval([])).toEqual([["09:00", "18:00"]]);
    expect(addInterval([["09:00", "18:00"]])).toEqual([
      ["09:00", "18:00"],
      ["19:00", "21:00"],
    ]);
    expect(addInterval([["00:00", "24:00"]])).toEqual([["00:00", "24:00"]]);
    expect(addInterval([["09:00", "23:30"]])).toEqual([["09:00", "23:30"]]);
    expect(addInterval([["09:00", "22:00"]])[1]).toEqual(["23:00", "24:00"]);
  });

  it("copies without sharing", () => {
    const copied = copyDay({ mon: [["09:00", "18:00"]] }, "mon", ["tue"]);
    copied.mon![0]![0] = "08:00";
    expect(copied.tue).toEqual([["09:00", "18:00"]]);
  });

  it("groups equal neighbours", () => {
    expect(groupWeek(PRESETS.office).map((g) => [g.from, g.to])).toEqual([
      ["mon", "fri"],
      ["sat", "sun"],
    ]);
    expect(weekMinutes(PRESETS.office)).toBe(5 * 8 * 60);
    expect(weekMinutes(PRESETS.always)).toBe(7 * 24 * 60);
  });
});

describe("dates", () => {
  it("knows days of the week and month ends", () => {
    expect(dayOf("2026-10-01")).toBe("thu");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(leadingBlanks("2026-11-23")).toBe(0);
    expect(leadingBlanks("2026-11-22")).toBe(6);
  });

  it("takes today from the calendar's zone", () => {
    const instant = new Date("2026-01-01T17:00:00Z");
    expect(todayIn("Asia/Shanghai", instant)).toBe("2026-01-02");
    expect(todayIn("America/New_York", instant)).toBe("2026-01-01");
  });

  it("keeps one exception per date, in order", () => {
    const one = { date: "2026-02-17", hours: [], name: "春节" };
    const two = { date: "2026-01-01", hours: [], name: "元旦" };
    expect(putException([one], two).map((e) => e.date)).toEqual(["2026-01-01", "2026-02-17"]);
    expect(putException([one], { ...one, name: "除夕" })).toEqual([{ ...one, name: "除夕" }]);
    expect(putException([one, two], { date: one.date })).toEqual([two]);
  });
});
