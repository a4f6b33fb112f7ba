/** `qiao/core/conditions.py` in the browser: the same data, tested the same way. `conditions.cases.json` holds both to it. */

import type { Condition, Operator } from "../types";

type Facts = Record<string, unknown>;

const isMapping = (value: unknown): value is Facts =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether `condition` holds of `facts`. */
export function holds(condition: Condition, facts: Facts): boolean {
  if ("fact" in condition) return compare(condition.op, lookup(facts, condition.fact), condition.value);
  const parts = condition.conditions ?? [];
  const match = condition.match ?? "all";
  if (match === "all") return parts.every((part) => holds(part, facts));
  return parts.some((part) => holds(part, facts)) === (match === "any");
}

/** The value at a path with dots, null when there is none. */
export function lookup(facts: Facts, path: string): unknown {
  let value: unknown = facts;
  for (const key of path.split(".")) {
    if (!isMapping(value)) return null;
    value = Object.hasOwn(value, key) ? value[key] : null;
  }
  return value ?? null;
}

function compare(op: Operator, value: unknown, wanted: unknown): boolean {
  switch (op) {
    case "filled":
      return !isEmpty(value);
    case "empty":
      return isEmpty(value);
    case "in":
    case "not_in": {
      const choices = Array.isArray(wanted) ? wanted : [wanted];
      const found = choices.some((choice) => each(value).some((one) => same(one, choice)));
      return found === (op === "in");
    }
    case "contains":
    case "not_contains":
      return contains(value, wanted) === (op === "contains");
    case "is":
    case "is_not":
      return same(value, wanted) === (op === "is");
    default: {
      const order = orderOf(value, wanted);
      if (order === null) return false;
      if (op === "above") return order > 0;
      if (op === "below") return order < 0;
      return op === "at_least" ? order >= 0 : order <= 0;
    }
  }
}

/** Nothing, or something with nothing in it. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMapping(value) && Object.keys(value).length === 0;
}

const each = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const isScalar = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number";

/** As it is compared and searched: without the difference of upper and lower case. */
const folded = (value: unknown): string => asText(value).toLowerCase().replaceAll("ß", "ss");

/** As Python writes it. */
function asText(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  return String(value);
}

function contains(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => same(one, wanted));
  if (value === null || value === undefined || wanted === null || wanted === undefined) return false;
  return folded(value).includes(folded(wanted));
}

function same(one: unknown, other: unknown): boolean {
  if (typeof one === "boolean" || typeof other === "boolean") return one === other;
  if (typeof one === "number" && typeof other === "number") return one === other;
  const nothing = (value: unknown) => value === null || value === undefined;
  if (nothing(one) || nothing(other)) return nothing(one) && nothing(other);
  if (isScalar(one) && isScalar(other)) return folded(one) === folded(other);
  return equal(one, other);
}

function equal(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, index) => equal(value, other[index]));
  if (isMapping(one) && isMapping(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]))
    );
  }
  return one === other;
}

/** Negative, nought, positive; null where the two cannot be put in order. */
function orderOf(value: unknown, wanted: unknown): number | null {
  const moments = [momentOf(value), momentOf(wanted)] as const;
  if (moments[0] !== null && moments[1] !== null)
    return moments[0] > moments[1] ? 1 : moments[0] < moments[1] ? -1 : 0;
  const numbers = [numberOf(value), numberOf(wanted)] as const;
  if (numbers[0] === null || numbers[1] === null) return null;
  if (Number.isNaN(numbers[0]) || Number.isNaN(numbers[1])) return 0;
  return numbers[0] > numbers[1] ? 1 : numbers[0] < numbers[1] ? -1 : 0;
}

function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (!/^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  return Number(text.replaceAll("_", ""));
}

/** A date or moment as text that sorts. */
function momentOf(value: unknown): string | null {
  return typeof value === "string" && value.length >= 10 && value[4] === "-" && value[7] === "-"
    ? value
    : null;
}
