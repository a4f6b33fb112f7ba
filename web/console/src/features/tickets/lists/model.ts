/** What lists are made of, without a screen: facts to filter by, chips, the days of a calendar. */

import type { Json } from "../../settings/kit/conditions";
import {
  type Condition,
  type Fact,
  type FactKind,
  type Group,
  isGroup,
  rootOf,
} from "../../settings/kit/conditions";
import type { Option, Text, TypeSummary } from "../types";
import { STATUSES } from "../types";
import type { FactInfo, Row, Sort, SortKey, ViewBody } from "./types";

export const EMPTY: ViewBody = {
  filter: { match: "all", conditions: [] },
  sort: { by: "updated", descending: true },
  columns: ["number", "title", "state", "priority", "customer", "assignee", "next_due_at", "updated_at"],
  group: null,
  display: "table",
  board: "status",
};

/** The order a column stands for, where lists have it. */
export const SORT_OF: Partial<Record<string, SortKey>> = {
  number: "number",
  priority: "priority",
  due_at: "due",
  next_due_at: "next_due",
  created_at: "created",
  updated_at: "updated",
  customer_wrote_at: "customer_wrote",
};
const SOONEST_FIRST: readonly SortKey[] = ["due", "next_due", "customer_wrote"];

/** A press on a header: that order, then the other way round. */
export function nextSort(now: Sort, by: SortKey): Sort {
  if (now.by === by) return { by, descending: !now.descending };
  return { by, descending: !SOONEST_FIRST.includes(by) };
}

export const GROUPS = [
  "status", "state", "type", "assignee", "department", "priority", "tag", "customer", "requester", "tier", "source", "channel",
]; // biome-ignore format: a list of words

const KINDS: Record<string, FactKind> = {
  word: "choice",
  id: "choice",
  number: "number",
  money: "money",
  moment: "moment",
  date: "date",
  text: "text",
  flag: "yes_no",
  tags: "tags",
  key: "choice",
  keys: "choices",
  watchers: "choice",
};
const RELATIVE = [
  "@now", "@today", "@today+1d", "@today+7d", "@week", "@month", "@today-7d", "@today-30d", "@now-24h", "@now+24h",
]; // biome-ignore format: a list of words
const CHANNELS = [
  "webchat", "email", "phone", "walkin", "portal", "wechat", "wechat_mini", "wecom", "dingtalk", "feishu", "telegram", "whatsapp", "messenger",
  "instagram", "line", "slack", "sms", "incoming", "api",
]; // biome-ignore format: a list of words
const LEVELS = ["standard", "silver", "gold", "vip"];
const HIDDEN = new Set(["conversation_id", "parent_id", "locale", "requester_id", "created_by"]);

export interface Known {
  people: { id: string; name: string }[];
  departments: { id: string; name: string }[];
  types: TypeSummary[];
}
type Words = (key: string, params?: Record<string, unknown>) => string;
type Say = (text: Text | null | undefined, fallback?: string) => string;

function choices(options: Option[], say: Say, before = ""): { value: string; label: string }[] {
  return options.flatMap((one) => {
    const label = before + say(one.label, one.key);
    return [{ value: one.key, label }, ...choices(one.children ?? [], say, `${label} / `)];
  });
}

/** A shipped view is called what the reader's language calls it, until somebody names it. */
export function viewName(view: { name: string; shipped: string | null; renamed: boolean }, t: Words): string {
  return view.shipped && !view.renamed ? t(`shipped.${view.shipped}`) : view.name;
}

/** Facts for the builder, with names in the reader's language. */
export function factsOf(infos: FactInfo[], known: Known, t: Words, say: Say): Fact[] {
  const people = [
    { value: "@me", label: t("me") },
    ...known.people.map((one) => ({ value: one.id, label: one.name })),
  ];
  const departments = [
    { value: "@my_department", label: t("my_department") },
    ...known.departments.map((one) => ({ value: one.id, label: one.name })),
  ];
  return infos
    .filter((info) => info.filter && !HIDDEN.has(info.path))
    .flatMap((info): Fact[] => {
      const own = info.path.startsWith("fields.");
      let kind: FactKind | undefined = KINDS[info.kind];
      let options: Fact["options"];
      if (info.path === "status")
        options = STATUSES.map((value) => ({ value, label: t(`tickets:status.${value}`) }));
      else if (info.path === "type")
        options = known.types.map((one) => ({ value: one.key, label: say(one.name, one.key) }));
      else if (info.path === "priority") {
        kind = "choice";
        options = [0, 1, 2, 3].map((value) => ({ value, label: t(`tickets:priority.${value}`) }));
      } else if (info.path === "source")
        options = [
          "conversation",
          "console",
          "mail",
          "api",
          "portal",
          "automation",
          "schedule",
          "import",
        ].map((value) => ({ value, label: t(`tickets:source.${value}`) }));
      else if (["assignee_id", "watchers"].includes(info.path) || info.field === "person") options = people;
      else if (info.path === "department_id") options = departments;
      else if (info.path === "channel")
        options = CHANNELS.map((value) => ({ value, label: t(`tickets:channel.${value}`) }));
      else if (info.path === "customer.level")
        options = LEVELS.map((value) => ({ value, label: t(`customers:level.${value}`) }));
      else if (info.path === "state" || info.field === "order") kind = "text";
      else if (info.options.length > 0) options = choices(info.options, say);
      if (!kind || (info.kind === "id" && !options) || info.field === "customer") return [];
      return [
        {
          path: info.path,
          label: own ? say(info.label, info.path) : t(`fact.${info.path.replace(".", "_")}`),
          kind,
          ...(options ? { options } : {}),
          ...(info.currency ? { currency: info.currency } : {}),
          ...(kind === "moment" || kind === "date"
            ? { relative: { values: RELATIVE, say: (value: string) => shownMoment(value, t) ?? value } }
            : {}),
          group: t(
            own ? "own_fields" : info.path.startsWith("customer.") ? "customer_facts" : "ticket_fields",
          ),
        },
      ];
    });
}

/** The parts of a filter that stand side by side: each can be taken away by itself. */
export function chipsOf(filter: Condition): Condition[] {
  const root = rootOf(filter);
  if (root.match !== "all") return root.conditions.length ? [root] : [];
  return root.conditions;
}

export function withoutChip(filter: Condition, index: number): Group {
  const root = rootOf(filter);
  if (root.match !== "all") return { match: "all", conditions: [] };
  return { ...root, conditions: root.conditions.filter((_, at) => at !== index) };
}

/** Both hold. */
export function both(one: Condition, other: Condition): Group {
  return { match: "all", conditions: [one, other] };
}

/** Words such as `@today+1d` that a person did not write but a view asks: as the reader would say them. */
export function shownMoment(value: Json | undefined, t: Words): string | null {
  if (typeof value !== "string" || !value.startsWith("@")) return null;
  const match = /^@(now|today|week|month)?(?:([+-])(\d+)([mhdw]))?$/.exec(value);
  if (!match) return null;
  if (match[1] === "today" && match[3] === "1" && match[4] === "d")
    return t(match[2] === "+" ? "moment.tomorrow" : "moment.yesterday");
  const base = t(`moment.${match[1] ?? "now"}`);
  if (!match[3]) return base;
  const n = t(`moment.${match[4]}`, { n: match[3] });
  return t(match[2] === "+" ? "moment.after" : "moment.before", { base, n });
}

/** The same filter with its relative moments in words, for a sentence. */
export function spoken(condition: Condition, t: Words): Condition {
  if (isGroup(condition))
    return { ...condition, conditions: condition.conditions.map((one) => spoken(one, t)) };
  const words = shownMoment(condition.value, t);
  return words ? { ...condition, value: words } : condition;
}

export function same(one: ViewBody, other: ViewBody): boolean {
  return JSON.stringify(normal(one)) === JSON.stringify(normal(other));
}

function normal(body: ViewBody): unknown {
  const clean = (condition: Condition): unknown =>
    isGroup(condition)
      ? { match: condition.match, conditions: condition.conditions.map(clean) }
      : { fact: condition.fact, op: condition.op, value: condition.value ?? null };
  const { filter, sort, columns, group, display, board } = body;
  return [clean(rootOf(filter)), sort.by, sort.descending, columns, group, display, board];
}

/** What is due between two moments: by a date people set, or by the promise that runs out first. */
export function dueWithin(from: string, to: string): Group {
  const within = (fact: string): Group => ({
    match: "all",
    conditions: [
      { fact, op: "at_least", value: from },
      { fact, op: "below", value: to },
    ],
  });
  const promised = within("next_due_at");
  promised.conditions.push({ fact: "status", op: "in", value: STATUSES.filter((one) => !done(one)) });
  return { match: "any", conditions: [within("due_at"), promised] };
}

const done = (status: string) => status === "solved" || status === "closed";

export interface Due {
  row: Row;
  at: string;
  kind: "date" | "promise";
}

/** Where tickets stand on a calendar: on the day people set, and on that of their next promise when it is another. */
export function duesOf(rows: readonly Row[], moved: Readonly<Record<string, string>>): Map<string, Due[]> {
  const days = new Map<string, Due[]>();
  const put = (due: Due) => {
    const key = dayKey(new Date(due.at));
    days.set(key, [...(days.get(key) ?? []), due]);
  };
  for (const row of rows) {
    const set = moved[row.id] ?? row.due_at;
    if (set) put({ row, at: set, kind: "date" });
    const promise = done(row.status) ? null : row.next_due_at;
    if (promise && !(set && dayKey(new Date(set)) === dayKey(new Date(promise))))
      put({ row, at: promise, kind: "promise" });
  }
  for (const dues of days.values()) dues.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return days;
}

const DAY = 86_400_000;

/** The days of a month's sheet (whole weeks, Monday first), or of one week. Local midnights. */
export function daysOf(anchor: Date, span: "month" | "week"): Date[] {
  const first =
    span === "month"
      ? new Date(anchor.getFullYear(), anchor.getMonth(), 1)
      : new Date(anchor.getFullYear(), anchor.getMonth(), anchor.getDate());
  const start = new Date(first.getFullYear(), first.getMonth(), first.getDate() - ((first.getDay() + 6) % 7));
  let weeks = 1;
  if (span === "month") {
    const last = new Date(anchor.getFullYear(), anchor.getMonth() + 1, 0);
    weeks = Math.ceil((Math.round((last.getTime() - start.getTime()) / DAY) + 1) / 7);
  }
  return Array.from(
    { length: weeks * 7 },
    (_, index) => new Date(start.getFullYear(), start.getMonth(), start.getDate() + index),
  );
}

export const dayKey = (date: Date) =>
  `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

/** The same time on another day. */
export function onDay(due: string, day: Date): string {
  const at = new Date(due);
  return new Date(
    day.getFullYear(),
    day.getMonth(),
    day.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ).toISOString();
}

/** What is selected after a press: one more or less, or with shift everything between. */
export function selected(
  now: ReadonlySet<string>,
  rows: readonly Pick<Row, "id">[],
  at: number,
  from: number | null,
  range: boolean,
): Set<string> {
  const next = new Set(now);
  const row = rows[at];
  if (!row) return next;
  if (range && from !== null) {
    const on = !now.has(row.id);
    for (let index = Math.min(from, at); index <= Math.max(from, at); index++) {
      const id = rows[index]?.id;
      if (id === undefined) continue;
      if (on) next.add(id);
      else next.delete(id);
    }
    return next;
  }
  if (!next.delete(row.id)) next.add(row.id);
  return next;
}
