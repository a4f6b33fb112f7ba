/** A flow's document as the editor handles it: plain data, changed by pure functions. The server says what is wrong with it. */

import type { T } from "@/app/i18n";

export interface Words {
  "zh-CN": string;
  en: string;
}
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type StepType = "say" | "ask" | "branch" | "tool" | "confirm" | "verify" | "handoff" | "end";
export interface Condition {
  value?: string;
  [test: string]: unknown;
}
export interface Case {
  when: Condition;
  next: string;
}
export interface Step {
  id: string;
  type: StepType;
  note?: string;
  next?: string;
  text?: Words;
  yes?: Words;
  card?: string;
  slot?: string;
  slots?: string[];
  fresh?: boolean;
  tries?: number;
  failed?: string;
  cases?: Case[];
  tool?: string;
  inputs?: Record<string, Json>;
  save_as?: string;
  on_error?: Record<string, string>;
  timeout_s?: number;
  sample?: Json;
}
export interface Slot {
  type?: string;
  label: Words;
  ask: Words;
  again?: Words;
  choices?: { value: string; label: Words; words?: { "zh-CN"?: string[]; en?: string[] } }[];
  choices_from?: { list: string; value: string; label: string };
  format?: string;
  min?: number;
  max?: number;
  cues?: { "zh-CN"?: string[]; en?: string[] };
  volunteer?: boolean;
  optional?: boolean;
  personal?: boolean;
}
export interface FlowDocument {
  format: 1;
  flow: string;
  name: Words;
  description?: Words;
  triggers?: {
    phrases?: { "zh-CN"?: string[]; en?: string[] };
    start_on?: string[];
    offer_on?: string[];
  };
  timeout_minutes?: number;
  slots?: Record<string, Slot>;
  steps: Step[];
  layout?: Record<string, [number, number]>;
  tests?: Json[];
}
export interface Fault {
  code: string;
  step: string;
  field: string;
  text: string;
  warning: boolean;
}

export const STEP_TYPES: StepType[] = ["say", "ask", "branch", "tool", "confirm", "verify", "handoff", "end"];
export const SLOT_TYPES = [
  "text",
  "number",
  "amount",
  "date",
  "phone",
  "email",
  "order_number",
  "choice",
  "yes_no",
  "address",
  "code",
];
export const TESTS = [
  "equals",
  "not_equals",
  "in",
  "not_in",
  "above",
  "below",
  "at_least",
  "at_most",
  "contains",
  "present",
] as const;

/** One way out of a step: where it leads, and by which field. */
export interface Way {
  field: string;
  target: string;
  kind: "next" | "case" | "failed" | "error";
}

const ENDS = new Set<StepType>(["end", "handoff"]);

export function waysOf(flow: FlowDocument, step: Step): Way[] {
  const ways: Way[] = [];
  (step.cases ?? []).forEach((one, i) => {
    ways.push({ field: `cases.${i}.next`, target: one.next, kind: "case" });
  });
  for (const [code, target] of Object.entries(step.on_error ?? {}))
    ways.push({ field: `on_error.${code}`, target, kind: "error" });
  if (step.failed) ways.push({ field: "failed", target: step.failed, kind: "failed" });
  if (!ENDS.has(step.type)) {
    const following = flow.steps[flow.steps.findIndex((one) => one.id === step.id) + 1]?.id;
    const target = step.next ?? following;
    if (target) ways.push({ field: "next", target, kind: "next" });
  }
  return ways;
}

/** Makes the silent "the step after this one" explicit, so that moving steps about does not change where they lead. */
function pinned(flow: FlowDocument): FlowDocument {
  return {
    ...flow,
    steps: flow.steps.map((step, i) =>
      ENDS.has(step.type) || step.next || !flow.steps[i + 1]
        ? step
        : { ...step, next: flow.steps[i + 1]!.id },
    ),
  };
}

/** The other way round: what leads to the very next step need not say so. */
function relaxed(flow: FlowDocument): FlowDocument {
  return {
    ...flow,
    steps: flow.steps.map((step, i) => {
      if (!step.next || step.next !== flow.steps[i + 1]?.id) return step;
      const { next: _, ...rest } = step;
      return rest;
    }),
  };
}

export function changeStep(flow: FlowDocument, id: string, change: Partial<Step>): FlowDocument {
  return {
    ...flow,
    steps: flow.steps.map((step) => (step.id === id ? cleaned({ ...step, ...change }) : step)),
  };
}

/** Without fields that say nothing. */
export function cleaned<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, v]) => v !== undefined && v !== null && v !== ""),
  ) as T;
}

const EMPTY: Words = { "zh-CN": "……", en: "…" };

function blank(type: StepType, id: string, flow: FlowDocument): Step {
  const slot = Object.keys(flow.slots ?? {})[0] ?? "";
  switch (type) {
    case "say":
      return { id, type, text: EMPTY };
    case "ask":
      return { id, type, slot };
    case "branch":
      return { id, type, cases: [{ when: { value: slot, present: true }, next: flow.steps[0]?.id ?? id }] };
    case "tool":
      return { id, type, tool: "orders.get", inputs: {} };
    case "confirm":
      return { id, type, text: EMPTY, slots: slot ? [slot] : [] };
    default:
      return { id, type };
  }
}

export function freeId(flow: FlowDocument, base: string): string {
  const taken = new Set(flow.steps.map((step) => step.id));
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

/** A new step behind another (or at the end); it takes over where that one led. Behind an end nothing is ever reached: there
 * it comes before it, and in a flow that is nothing but one, it is the beginning. */
export function addStep(
  flow: FlowDocument,
  type: StepType,
  after?: string,
): { flow: FlowDocument; id: string } {
  const id = freeId(flow, type === "tool" ? "call" : type);
  const whole = pinned(flow);
  const step = blank(type, id, flow);
  const only = flow.steps.length === 1 ? flow.steps[0] : undefined;
  if (only && ENDS.has(only.type) && !ENDS.has(type)) return { flow: { ...flow, steps: [step, only] }, id };
  let place = after ? whole.steps.findIndex((one) => one.id === after) : whole.steps.length - 1;
  const end = whole.steps[place];
  if (end && ENDS.has(end.type) && !ENDS.has(type)) {
    const leads = whole.steps.map((one) => !ENDS.has(one.type) && one.next === end.id).lastIndexOf(true);
    if (leads >= 0) place = leads;
  }
  const before = whole.steps[place];
  const steps = [...whole.steps];
  if (before && !ENDS.has(before.type)) {
    if (before.next && !ENDS.has(type)) step.next = before.next;
    steps[place] = { ...before, next: id };
  }
  steps.splice(place + 1, 0, step);
  const at = before && whole.layout?.[before.id];
  const layout = at ? { ...whole.layout, [id]: [at[0], at[1] + 110] as [number, number] } : whole.layout;
  return { flow: relaxed({ ...whole, steps, ...(layout ? { layout } : {}) }), id };
}

/** Takes a step out; what led to it leads on to where it led. */
export function removeStep(flow: FlowDocument, id: string): FlowDocument {
  if (flow.steps.length < 2) return flow;
  const whole = pinned(flow);
  const gone = whole.steps.find((step) => step.id === id);
  const rest = whole.steps.filter((step) => step.id !== id);
  const onward = gone?.next && gone.next !== id ? gone.next : undefined;
  const { [id]: _, ...layout } = whole.layout ?? {};
  const result = relaxed(redirected({ ...whole, steps: rest }, id, onward));
  return Object.keys(layout).length
    ? { ...result, layout }
    : ({ ...result, layout: undefined } as FlowDocument);
}

export function renameStep(flow: FlowDocument, id: string, to: string): FlowDocument {
  if (id === to || flow.steps.some((step) => step.id === to)) return flow;
  const renamed = redirected(flow, id, to);
  const { [id]: place, ...layout } = renamed.layout ?? {};
  return {
    ...renamed,
    steps: renamed.steps.map((step) => (step.id === id ? { ...step, id: to } : step)),
    ...(renamed.layout ? { layout: place ? { ...layout, [to]: place } : layout } : {}),
    ...(flow.tests
      ? {
          tests: JSON.parse(JSON.stringify(flow.tests), (key, value) =>
            key === "step" && value === id ? to : value,
          ),
        }
      : {}),
  };
}

function redirected(flow: FlowDocument, from: string, to: string | undefined): FlowDocument {
  const turn = (target: string | undefined) => (target === from ? to : target);
  return {
    ...flow,
    steps: flow.steps.map((step) => {
      const next: Step = { ...step };
      if (step.next) next.next = turn(step.next);
      if (step.failed) next.failed = turn(step.failed);
      if (step.cases)
        next.cases = step.cases.flatMap((one) => {
          const target = turn(one.next);
          return target ? [{ ...one, next: target }] : [];
        });
      if (step.on_error)
        next.on_error = Object.fromEntries(
          Object.entries(step.on_error).flatMap(([code, target]) => {
            const turned = turn(target);
            return turned ? [[code, turned]] : [];
          }),
        );
      return cleaned(next);
    }),
  };
}

/** Draws a way from one step to another: by the field it starts at. */
export function connect(flow: FlowDocument, from: string, field: string, to: string): FlowDocument {
  const step = flow.steps.find((one) => one.id === from);
  if (!step) return flow;
  if (field.startsWith("cases.")) {
    const index = Number(field.split(".")[1]);
    return changeStep(flow, from, {
      cases: (step.cases ?? []).map((one, i) => (i === index ? { ...one, next: to } : one)),
    });
  }
  if (field.startsWith("on_error."))
    return changeStep(flow, from, { on_error: { ...step.on_error, [field.slice("on_error.".length)]: to } });
  return changeStep(flow, from, { [field]: to });
}

export function moveStep(flow: FlowDocument, id: string, by: -1 | 1): FlowDocument {
  const from = flow.steps.findIndex((step) => step.id === id);
  const to = from + by;
  // The first step is where a flow begins: it stays unless another is put before it on purpose.
  if (from < 0 || to < 0 || to >= flow.steps.length) return flow;
  const whole = pinned(flow);
  const steps = [...whole.steps];
  const [step] = steps.splice(from, 1);
  steps.splice(to, 0, step!);
  return relaxed({ ...whole, steps });
}

/** Places for steps nobody has placed: by how far they are from the beginning. */
export function places(flow: FlowDocument): Record<string, [number, number]> {
  const depth = new Map<string, number>();
  const waiting: [string, number][] = flow.steps[0] ? [[flow.steps[0].id, 0]] : [];
  const byId = new Map(flow.steps.map((step) => [step.id, step]));
  while (waiting.length) {
    const [id, level] = waiting.shift()!;
    const step = byId.get(id);
    if (!step || depth.has(id)) continue;
    depth.set(id, level);
    for (const way of waysOf(flow, step)) waiting.push([way.target, level + 1]);
  }
  const bottom = Math.max(0, ...depth.values()) + 1;
  const used = new Map<number, number>();
  const result: Record<string, [number, number]> = {};
  for (const step of flow.steps) {
    const level = depth.get(step.id) ?? bottom;
    const column = used.get(level) ?? 0;
    used.set(level, column + 1);
    result[step.id] = flow.layout?.[step.id] ?? [column * 260, level * 120];
  }
  return result;
}

/** The one test a condition states, or null for one made of others. */
export function testOf(condition: Condition): { test: string; operand: unknown } | null {
  for (const test of TESTS) if (condition[test] !== undefined) return { test, operand: condition[test] };
  return null;
}

/** What somebody typed as the operand of a test. */
export function operand(test: string, text: string): unknown {
  const one = (part: string): unknown => {
    const plain = part.trim();
    if (plain === "true" || plain === "false") return plain === "true";
    return plain !== "" && !Number.isNaN(Number(plain)) && !/^0\d/.test(plain) ? Number(plain) : plain;
  };
  if (test === "in" || test === "not_in") return text.split(/[,，]/).map(one);
  if (test === "present") return text !== "false";
  if (["above", "below", "at_least", "at_most"].includes(test)) return Number(text) || 0;
  return test === "contains" ? text : one(text);
}

export const shownOperand = (value: unknown): string =>
  Array.isArray(value) ? value.join(", ") : value === undefined ? "" : String(value);

/** Every name texts and conditions may use. */
export function namesOf(flow: FlowDocument): string[] {
  const saved = flow.steps.flatMap((step) => (step.save_as ? [step.save_as] : []));
  return [...Object.keys(flow.slots ?? {}), ...new Set(saved), "customer.name"];
}

/** The sentence a card shows of a step. */
export function gist(flow: FlowDocument, step: Step, locale: "zh-CN" | "en"): string {
  if (step.type === "ask") return flow.slots?.[step.slot ?? ""]?.ask?.[locale] ?? step.slot ?? "";
  if (step.type === "tool") return step.tool ?? "";
  if (step.type === "branch") return (step.cases ?? []).map((one) => one.when.value ?? "…").join(", ");
  return step.text?.[locale] ?? step.note ?? "";
}

/** What went wrong in a call, in words. Tools may have codes of their own: those are shown as they are. */
export const faultOf = (t: T, code: string): string => t(`error.${code}`, { defaultValue: code });

/** Where a fault is, in the words of the screen: the step, then its field ("ask_order · 要说的话（中文）"). */
export function placeOf(
  t: T,
  flow: FlowDocument,
  fault: Pick<Fault, "step" | "field">,
  input: (step: Step, name: string) => string = (_, name) => name,
): string {
  const step = flow.steps?.find((one) => one.id === fault.step);
  const parts: string[] = fault.step ? [fault.step] : [];
  const path = fault.field ? fault.field.split(".") : [];
  const append = (text: string) => {
    if (parts.length) parts[parts.length - 1] += text;
  };
  while (path.length) {
    const part = path.shift() as string;
    const named = path[0];
    const number = (name: string) => t(`place.${name}`, { n: Number(path.shift()) + 1 });
    if (part === "zh-CN" || part === "en")
      append(t("place.language", { name: t(part === "en" ? "english" : "chinese") }));
    else if (!step && part === "slots" && named !== undefined)
      parts.push(t("place.slot", { name: path.shift() }));
    else if (!fault.step && part === "tests" && named !== undefined)
      parts.push(t("place.test", { name: path.shift() }));
    else if (part === "turns" && named !== undefined) parts.push(number("turn"));
    else if (part === "cases" && named !== undefined) parts.push(number("case"));
    else if (part === "next" && fault.field.startsWith("cases.")) parts.push(t("field.then"));
    else if (part === "next" && step?.type === "branch") parts.push(t("field.otherwise"));
    else if (part === "when") parts.push(t("field.test"));
    else if (part === "on_error" && named !== undefined)
      parts.push(`${t("field.on_error")} · ${faultOf(t, path.shift() as string)}`);
    else if (part === "inputs" && named !== undefined && step)
      parts.push(input(step, path.shift() as string));
    else if (part === "triggers") parts.push(t("begins"));
    else if (part === "phrases" || part === "steps") parts.push(t(`place.${part}`));
    else parts.push(t(`field.${part}`, { defaultValue: t(`missed.${part}`, { defaultValue: part }) }));
  }
  return parts.join(" · ");
}

/** What a test of the flow looked at, in words. */
export const missedOf = (t: T, what: string): string =>
  what.startsWith("slots.")
    ? t("place.slot", { name: what.slice("slots.".length) })
    : t(`missed.${what}`, { defaultValue: what });
