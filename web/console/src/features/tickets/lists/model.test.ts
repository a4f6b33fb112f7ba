import { describe, expect, it } from "vitest";
import type { Condition } from "../../settings/kit/conditions";
import {
  chipsOf,
  dayKey,
  daysOf,
  duesOf,
  EMPTY,
  factsOf,
  nextSort,
  onDay,
  same,
  selected,
  shownMoment,
  withoutChip,
} from "./model";
import type { FactInfo, Row } from "./types";

const t = (key: string, params?: Record<string, unknown>) =>
  params ? `${key}(${Object.values(params).join(",")})` : key;
const info = (more: Partial<FactInfo>): FactInfo => ({
  path: "x", kind: "word", field: null, label: {}, options: [], types: [], group: false, filter: true, column: true, ...more,
}); // biome-ignore format: one line of defaults

describe("a filter", () => {
  const one: Condition = { fact: "status", op: "in", value: ["open"] };
  const two: Condition = { fact: "tags", op: "in", value: ["vip"] };

  it("is taken apart where its parts stand side by side", () => {
    expect(chipsOf({ match: "all", conditions: [one, two] })).toEqual([one, two]);
    expect(withoutChip({ match: "all", conditions: [one, two] }, 0).conditions).toEqual([two]);
    expect(chipsOf({ match: "any", conditions: [one, two] })).toHaveLength(1);
    expect(withoutChip({ match: "any", conditions: [one, two] }, 0).conditions).toEqual([]);
    expect(chipsOf(one)).toEqual([one]);
  });

  it("names relative moments", () => {
    expect(shownMoment("@today+1d", t)).toBe("moment.tomorrow");
    expect(shownMoment("@today+3d", t)).toBe("moment.after(moment.today,moment.d(3))");
    expect(shownMoment("@-2h", t)).toBe("moment.before(moment.now,moment.h(2))");
    expect(shownMoment("2026-01-01", t)).toBeNull();
    expect(shownMoment("@soon", t)).toBeNull();
  });

  it("offers what can be chosen and leaves out what cannot be written", () => {
    const facts = factsOf(
      [
        info({ path: "assignee_id", kind: "id" }),
        info({ path: "customer_id", kind: "id" }),
        info({ path: "fields.area", kind: "keys", field: "cascade", label: { en: "Area" }, options: [
          { key: "cn", label: { en: "China" }, children: [{ key: "bj", label: { en: "Beijing" } }] }] }),
        info({ path: "fields.papers", kind: "there", field: "file", label: { en: "Papers" } }),
      ],
      { people: [{ id: "u1", name: "李" }], departments: [], types: [] },
      t,
      (text, fallback) => text?.en ?? fallback ?? "",
    ); // biome-ignore format: a table of facts
    expect(facts.map((fact) => fact.path)).toEqual(["assignee_id", "fields.area"]);
    expect(facts[0]?.options?.map((option) => option.value)).toEqual(["@me", "u1"]);
    expect(facts[1]?.options?.map((option) => option.label)).toEqual(["China", "China / Beijing"]);
  });

  it("is the same view whatever the order of its keys", () => {
    const other = {
      ...EMPTY,
      filter: { conditions: [{ op: "filled" as const, fact: "due_at", value: null }], match: "all" as const },
    };
    const again = {
      ...EMPTY,
      filter: { match: "all" as const, conditions: [{ fact: "due_at", op: "filled" as const }] },
    };
    expect(same(other, again)).toBe(true);
    expect(same(other, EMPTY)).toBe(false);
  });
});

describe("an order", () => {
  it("turns round at the second press; what runs out begins with the soonest", () => {
    expect(nextSort({ by: "updated", descending: true }, "updated").descending).toBe(false);
    expect(nextSort({ by: "updated", descending: true }, "next_due")).toEqual({
      by: "next_due",
      descending: false,
    });
    expect(nextSort({ by: "updated", descending: true }, "priority").descending).toBe(true);
  });
});

describe("a calendar", () => {
  it("shows whole weeks from Monday", () => {
    const days = daysOf(new Date(2026, 2, 15), "month");
    expect(dayKey(days[0]!)).toBe("2026-02-23");
    expect(days.length % 7).toBe(0);
    expect(dayKey(days.at(-1)!)).toBe("2026-04-05");
    expect(daysOf(new Date(2026, 2, 15), "week").map(dayKey)).toHaveLength(7);
    expect(dayKey(daysOf(new Date(2026, 2, 15), "week")[6]!)).toBe("2026-03-15");
  });

  it("keeps the time when the day changes", () => {
    const moved = new Date(onDay(new Date(2026, 2, 1, 17, 30).toISOString(), new Date(2026, 2, 9)));
    expect([dayKey(moved), moved.getHours(), moved.getMinutes()]).toEqual(["2026-03-09", 17, 30]);
  });
});

describe("a selection", () => {
  const rows = ["a", "b", "c", "d"].map((id) => ({ id }));

  it("grows over a range and shrinks the same way", () => {
    const one = selected(new Set(), rows, 1, null, false);
    expect([...one]).toEqual(["b"]);
    const range = selected(one, rows, 3, 1, true);
    expect([...range].sort()).toEqual(["b", "c", "d"]);
    expect([...selected(range, rows, 2, 1, true)]).toEqual(["d"]);
    expect([...selected(range, rows, 9, 1, true)].sort()).toEqual(["b", "c", "d"]);
  });
});

describe("a calendar", () => {
  const row = (id: string, more: Partial<Row>) =>
    ({ id, status: "open", due_at: null, next_due_at: null, ...more }) as Row;

  it("shows dates people set and the next promise, once a day, in order", () => {
    const rows = [
      row("both", { due_at: "2026-03-02T04:00:00Z", next_due_at: "2026-03-02T03:00:00Z" }),
      row("promised", { next_due_at: "2026-03-02T02:00:00Z" }),
      row("two", { due_at: "2026-03-05T02:00:00Z", next_due_at: "2026-03-03T02:00:00Z" }),
      row("over", { status: "solved", next_due_at: "2026-03-02T02:00:00Z" }),
    ];
    const told = (moved: Record<string, string>) =>
      [...duesOf(rows, moved)].map(([, dues]) => dues.map((due) => `${due.row.id} ${due.kind}`));
    expect(told({})).toEqual([["promised promise", "both date"], ["two date"], ["two promise"]]);
    expect(told({ two: "2026-03-03T04:00:00Z" })[1]).toEqual(["two date"]);
  });
});
