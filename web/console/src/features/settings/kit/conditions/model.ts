/** Conditions as the server keeps them (`qiao.core.conditions`), and what a builder needs to know to make them. */

import { centsOf, placesOf } from "@/lib/format";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Operator =
  | "is"
  | "is_not"
  | "in"
  | "not_in"
  | "contains"
  | "not_contains"
  | "above"
  | "below"
  | "at_least"
  | "at_most"
  | "filled"
  | "empty";
export type Match = "all" | "any" | "none";

export interface Test {
  fact: string;
  op: Operator;
  value?: Json;
}
export interface Group {
  match: Match;
  conditions: Condition[];
}
export type Condition = Test | Group;

/**
 * `choice` has one of the options, `choices` several; `tags` are free words in a list; `money` is kept in minor units and
 * written in major ones.
 */
export type FactKind =
  | "text"
  | "number"
  | "money"
  | "choice"
  | "choices"
  | "tags"
  | "yes_no"
  | "date"
  | "moment";

export interface Fact {
  path: string;
  label: string;
  kind: FactKind;
  options?: { value: string | number; label: string }[];
  /** Of money; CNY without it. */
  currency?: string;
  /** Words such as `@today` a time may be compared with, beside a date of the calendar. */
  relative?: { values: string[]; say: (value: string) => string };
  /** A heading it stands under in the list of facts. */
  group?: string;
}

/** A time that moves with the reader's day: `@today+1d`. */
export const isRelative = (value: Json | undefined): value is string =>
  typeof value === "string" && value.startsWith("@");

export const DEEPEST = 8;
export const WIDEST = 50;

const COMPARED: Operator[] = ["is", "is_not", "above", "at_least", "below", "at_most", "filled", "empty"];
const OPERATORS: Record<FactKind, Operator[]> = {
  text: ["is", "is_not", "contains", "not_contains", "filled", "empty"],
  number: COMPARED,
  money: COMPARED,
  choice: ["in", "not_in", "filled", "empty"],
  choices: ["in", "not_in", "filled", "empty"],
  tags: ["in", "not_in", "filled", "empty"],
  yes_no: ["is"],
  date: ["is", "above", "at_least", "below", "at_most", "filled", "empty"],
  moment: ["above", "at_least", "below", "at_most", "filled", "empty"],
};
const ORDERED: Operator[] = ["above", "at_least", "below", "at_most"];

export function isGroup(condition: Condition): condition is Group {
  return "conditions" in condition;
}

export function operatorsOf(kind: FactKind): Operator[] {
  return OPERATORS[kind];
}

/** The word of an operator depends on what is compared: a number is above, a date after. */
export function operatorWord(kind: FactKind, op: Operator): string {
  if ((kind === "date" || kind === "moment") && ORDERED.includes(op)) return `time_${op}`;
  if ((kind === "choices" || kind === "tags") && (op === "in" || op === "not_in")) return `list_${op}`;
  return op;
}

/** What a test of this fact starts with. */
export function startingTest(fact: Fact): Test {
  const op = operatorsOf(fact.kind)[0] ?? "is";
  return { fact: fact.path, op, value: startingValue(fact.kind, op) };
}

export function startingValue(kind: FactKind, op: Operator): Json {
  if (op === "filled" || op === "empty") return null;
  if (op === "in" || op === "not_in") return [];
  if (kind === "yes_no") return true;
  return kind === "text" ? "" : null;
}

/** Another operator keeps the value when it is of the same shape. */
export function withOperator(test: Test, kind: FactKind, op: Operator): Test {
  const before = startingValue(kind, test.op);
  const after = startingValue(kind, op);
  const keeps = Array.isArray(before) === Array.isArray(after) && op !== "filled" && op !== "empty";
  return { ...test, op, value: keeps && test.value != null ? test.value : after };
}

/** Whatever was stored, as the group the builder shows. */
export function rootOf(value: Condition | null | undefined): Group {
  if (!value) return { match: "all", conditions: [] };
  return isGroup(value) ? value : { match: "all", conditions: [value] };
}

/** A test that has no value yet; saving it would make a rule that never holds. */
export function unfinished(condition: Condition | null | undefined): boolean {
  if (!condition) return false;
  if (isGroup(condition)) return condition.conditions.some(unfinished);
  if (condition.op === "filled" || condition.op === "empty") return false;
  const value = condition.value;
  return value == null || value === "" || (Array.isArray(value) && value.length === 0);
}

export function countTests(condition: Condition | null | undefined): number {
  if (!condition) return 0;
  return isGroup(condition) ? condition.conditions.reduce((sum, part) => sum + countTests(part), 0) : 1;
}

type Words = (key: string, params?: Record<string, unknown>) => string;

/** A condition as one sentence: `类型 为 报障、退换货 且 优先级 为 紧急`. */
export function sentence(condition: Condition | null | undefined, facts: Fact[], t: Words): string {
  if (!condition || (isGroup(condition) && condition.conditions.length === 0)) return t("conditions.always");
  return told(condition, facts, t, false);
}

function told(condition: Condition, facts: Fact[], t: Words, inner: boolean): string {
  if (isGroup(condition)) {
    const parts = condition.conditions.map((part) => told(part, facts, t, condition.conditions.length > 1));
    const joined = parts.join(t(condition.match === "all" ? "conditions.and" : "conditions.or"));
    if (condition.match === "none") return t("conditions.notAny", { parts: joined });
    return inner && parts.length > 1 ? t("conditions.bracket", { parts: joined }) : joined;
  }
  const fact = facts.find((one) => one.path === condition.fact);
  const kind = fact?.kind ?? "text";
  return t("conditions.tested", {
    fact: fact?.label ?? condition.fact,
    op: t(`conditions.op.${operatorWord(kind, condition.op)}`),
    value: shownValue(condition, fact, t),
  }).trim();
}

function shownValue(test: Test, fact: Fact | undefined, t: Words): string {
  if (test.op === "filled" || test.op === "empty") return "";
  const one = (value: Json): string => {
    if (typeof value === "boolean") return t(value ? "conditions.yes" : "conditions.no");
    if (fact?.kind === "money" && typeof value === "number") {
      const currency = fact.currency ?? "CNY";
      return (value / centsOf(currency)).toFixed(placesOf(currency));
    }
    if (fact?.relative && isRelative(value)) return fact.relative.say(value);
    return fact?.options?.find((option) => option.value === value)?.label ?? String(value ?? "…");
  };
  const value = test.value ?? null;
  return Array.isArray(value) ? value.map(one).join(t("conditions.comma")) || "…" : one(value);
}
