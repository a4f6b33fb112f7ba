/** Which fields are shown and needed, and what is wrong with them: `qiao/desk/tickets/fields.py` in the browser. Pure. */

import type { Problem } from "@/api/problem";
import { centsOf } from "@/lib/format";
import type { Definition, FieldSpec, Money, Option, TicketView } from "../types";
import { holds, isEmpty } from "./conditions";

export type Values = Record<string, unknown>;
export type Facts = Record<string, unknown>;

export const isMoney = (value: unknown): value is Money =>
  typeof value === "object" && value !== null && typeof (value as Money).minor === "number";

/** Values as conditions read them: money also as `<key>_minor`, files as their names. */
export function forConditions(fields: readonly FieldSpec[], values: Values): Values {
  const found: Values = {};
  for (const spec of fields) {
    const value = values[spec.key];
    if (value === null || value === undefined) continue;
    found[spec.key] = value;
    if (spec.kind === "money" && isMoney(value)) found[`${spec.key}_minor`] = value.minor;
    else if (spec.kind === "file" && Array.isArray(value))
      found[spec.key] = value.map((one: { name?: string; file_id?: string }) => one.name ?? one.file_id);
  }
  return found;
}

/** `facts` with these values in place of the ticket's own. */
export function withValues(facts: Facts, fields: readonly FieldSpec[], values: Values): Facts {
  return { ...facts, ticket: { ...(facts.ticket as Facts), fields: forConditions(fields, values) } };
}

/** What the conditions of a form are tested against, as far as the browser knows it. */
export function factsOf(ticket: Partial<TicketView> & { type?: { key: string } }): Facts {
  return {
    ticket: {
      type: ticket.type?.key ?? null,
      status: ticket.status ?? "new",
      state: ticket.state?.key ?? null,
      priority: ticket.priority ?? null,
      tier: ticket.tier ?? 1,
      source: ticket.source ?? null,
      channel: ticket.channel ?? null,
      title: ticket.title ?? "",
      tags: ticket.tags ?? [],
      department_id: ticket.department?.id ?? null,
      assignee_id: ticket.assignee?.id ?? null,
      requester_id: ticket.requester?.id ?? null,
      customer_id: ticket.customer?.id ?? null,
      parent_id: ticket.parent?.id ?? null,
      locale: ticket.locale ?? null,
      rating: ticket.rating ?? null,
      due_at: ticket.due_at ?? null,
      breached: ticket.breached ?? false,
      waiting_on: ticket.waiting_on?.kind ?? null,
      has_customer: !!ticket.customer,
      has_conversation: !!ticket.conversation,
      reopened: ticket.reopened ?? 0,
    },
    customer: ticket.customer ? { level: ticket.customer.level, name: ticket.customer.name } : {},
  };
}

const shown = (spec: FieldSpec, facts: Facts) => !spec.shown_when || holds(spec.shown_when, facts);

export interface Shape {
  /** Fields on screen, in order. */
  visible: FieldSpec[];
  required: Set<string>;
  /** The values without those of fields that are hidden. */
  values: Values;
}

/** What the form looks like with these values. Hiding one field may hide another. */
export function shapeOf(definition: Pick<Definition, "fields">, values: Values, facts: Facts): Shape {
  const { fields } = definition;
  let kept = values;
  let now = withValues(facts, fields, kept);
  for (let turn = 0; turn <= fields.length; turn++) {
    const visible = new Set(fields.filter((spec) => shown(spec, now)).map((spec) => spec.key));
    const left = Object.fromEntries(Object.entries(kept).filter(([key]) => visible.has(key)));
    const settled = Object.keys(left).length === Object.keys(kept).length;
    kept = left;
    now = withValues(facts, fields, kept);
    if (settled) break;
  }
  const visible = fields.filter((spec) => shown(spec, now));
  const required = visible
    .filter((spec) => spec.required || (spec.required_when ? holds(spec.required_when, now) : false))
    .map((spec) => spec.key);
  return { visible, required: new Set(required), values: kept };
}

type Access = Record<string, "read" | "write"> | null | undefined;

/** The same form for somebody who may not see every field: nothing is asked of them that they may not fill. */
export function seenBy(shape: Shape, access: Access): Shape {
  if (!access) return shape;
  return {
    ...shape,
    visible: shape.visible.filter((spec) => spec.key in access),
    required: new Set([...shape.required].filter((key) => access[key] === "write")),
  };
}

/** Of these values, what such a person may fill: the others are the server's to keep. */
export function writtenBy(values: Values, access: Access): Values {
  if (!access) return values;
  return Object.fromEntries(Object.entries(values).filter(([key]) => access[key] === "write"));
}

/** What the type puts in its fields by itself. */
export function defaultsOf(definition: Pick<Definition, "fields">): Values {
  const found: Values = {};
  for (const spec of definition.fields)
    if (!isEmpty(spec.default)) found[spec.key] = asDefault(spec, spec.default);
  return found;
}

function asDefault(spec: FieldSpec, value: unknown): unknown {
  if (spec.kind === "money" && !isMoney(value)) {
    const currency = spec.currency ?? "CNY";
    return { minor: Math.round(Number(value) * centsOf(currency)), currency };
  }
  return value;
}

export interface Flaw {
  /** A key below `fieldform.` of the catalogue. */
  code: string;
  params?: Record<string, unknown>;
}

/** What can be seen to be wrong before the server is asked; null when nothing is. */
export function flawOf(spec: FieldSpec, value: unknown, required: boolean): Flaw | null {
  if (isEmpty(value)) return required ? { code: "required_error" } : null;
  if (spec.kind === "number" || spec.kind === "money") {
    const number = isMoney(value) ? value.minor / centsOf(value.currency) : Number(value);
    if (!Number.isFinite(number)) return { code: "number" };
    if (typeof spec.minimum === "number" && number < spec.minimum)
      return { code: "at_least", params: { limit: spec.minimum } };
    if (typeof spec.maximum === "number" && number > spec.maximum)
      return { code: "at_most", params: { limit: spec.maximum } };
  }
  if (spec.kind === "text" && spec.pattern && typeof value === "string" && !fits(spec.pattern, value.trim()))
    return { code: "pattern" };
  if (spec.kind === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(String(value))) return { code: "email" };
  return null;
}

function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    // A pattern only the server's dialect knows: the server says.
    return true;
  }
}

/** Flaws of everything on screen, by key. */
export function flawsOf(shape: Shape, skip: ReadonlySet<string> = new Set()): Record<string, Flaw> {
  const found: Record<string, Flaw> = {};
  for (const spec of shape.visible) {
    if (skip.has(spec.key)) continue;
    const flaw = flawOf(spec, shape.values[spec.key], shape.required.has(spec.key));
    if (flaw) found[spec.key] = flaw;
  }
  return found;
}

/**
 * The server's complaints by field: `fields.amount` and `fields.items.0.price` stand under `amount` and `items`, others
 * under their own name.
 */
export function complaintsOf(problem: Pick<Problem, "fields">): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { field, message } of problem.fields) {
    const parts = field.split(".");
    const at = parts.indexOf("fields");
    const key = at >= 0 && parts[at + 1] ? parts[at + 1]! : (parts.find((one) => one !== "body") ?? field);
    found[key] = found[key] ? `${found[key]} ${message}` : message;
  }
  return found;
}

/** The chosen options from the top; unknown ones are left out. */
export function optionsOf(spec: FieldSpec, value: unknown): Option[] {
  const found: Option[] = [];
  let level = spec.options ?? [];
  for (const key of Array.isArray(value) ? value : [value]) {
    const option = level.find((one) => one.key === key);
    if (!option) continue;
    found.push(option);
    if (spec.kind === "cascade") level = option.children ?? [];
  }
  return found;
}

/** Only what differs, nothing as null: what is sent to be changed. */
export function differences(before: Values, after: Values): Values {
  const found: Values = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const one = isEmpty(before[key]) ? null : before[key];
    const other = isEmpty(after[key]) ? null : after[key];
    if (JSON.stringify(one) !== JSON.stringify(other)) found[key] = other;
  }
  return found;
}
