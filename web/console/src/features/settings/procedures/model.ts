/** A procedure's document as the editor handles it: plain data, changed by pure functions. The server says what is wrong. */

import type { Step, StepType } from "../../tickets/sop/types";
import type { Text } from "../../tickets/types";

export interface ProcedureDocument {
  format: 1;
  procedure: string;
  name: Text;
  description?: Text;
  start?: {
    phrases?: Record<string, string[]>;
    keywords?: Record<string, string[]>;
    ticket_types?: string[];
    when?: unknown;
    by_itself?: boolean;
  };
  steps: Step[];
  layout?: Record<string, [number, number]>;
}
export interface Fault {
  code: string;
  step: string;
  field: string;
  text: string;
  warning: boolean;
  line: number | null;
  column: number | null;
}
export interface ProcedureItem {
  id: string;
  key: string;
  name: Text;
  description: Text | null;
  published: number | null;
  changed: boolean;
  faults: number;
  steps: number;
  updated_at: string;
  runs: Record<string, number>;
}
export interface ProcedureView {
  id: string;
  key: string;
  revision: number;
  document: ProcedureDocument;
  yaml: string;
  faults: Fault[];
  published: number | null;
  changed: boolean;
  updated_at: string;
}

export const STEP_TYPES: StepType[] = [
  "instruction",
  "check",
  "choice",
  "form",
  "script",
  "evidence",
  "timer",
  "action",
  "read",
  "branch",
  "procedure",
  "end",
];

/** One way out of a step: where it leads, and by which field. */
export interface Way {
  field: string;
  target: string;
  kind: "next" | "case" | "failed" | "option";
}

export function waysOf(doc: ProcedureDocument, step: Step): Way[] {
  const ways: Way[] = [];
  const after = doc.steps[doc.steps.findIndex((one) => one.id === step.id) + 1]?.id;
  const onward = step.next ?? after;
  (step.cases ?? []).forEach((one, i) => {
    ways.push({ field: `cases.${i}.next`, target: one.next, kind: "case" });
  });
  (step.options ?? []).forEach((one, i) => {
    const target = one.next ?? onward;
    if (target) ways.push({ field: `options.${i}.next`, target, kind: "option" });
  });
  if (step.failed) ways.push({ field: "failed", target: step.failed, kind: "failed" });
  if (step.type !== "end" && step.type !== "choice" && onward)
    ways.push({ field: "next", target: onward, kind: "next" });
  return ways;
}

/** Makes the silent "the step after this one" explicit, so that moving steps about does not change where they lead. */
function pinned(doc: ProcedureDocument): ProcedureDocument {
  return {
    ...doc,
    steps: doc.steps.map((step, i) =>
      step.type === "end" || step.next || !doc.steps[i + 1] ? step : { ...step, next: doc.steps[i + 1]!.id },
    ),
  };
}

function relaxed(doc: ProcedureDocument): ProcedureDocument {
  return {
    ...doc,
    steps: doc.steps.map((step, i) => {
      if (!step.next || step.next !== doc.steps[i + 1]?.id) return step;
      const { next: _, ...rest } = step;
      return rest;
    }),
  };
}

/** Without fields that say nothing. */
export function cleaned<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, v]) => v !== undefined && v !== null && v !== ""),
  ) as T;
}

export function changeStep(doc: ProcedureDocument, id: string, change: Partial<Step>): ProcedureDocument {
  return {
    ...doc,
    steps: doc.steps.map((step) => (step.id === id ? cleaned({ ...step, ...change }) : step)),
  };
}

/** How conditions name an answer: money is compared by its smallest coin. */
export const answerPath = (key: string, kind?: string) => `answers.${key}${kind === "money" ? "_minor" : ""}`;

/** What counts as passed, when another kind of value is asked for: a test of this answer names it by its new kind. */
export function askingFor(step: Step, value: { kind: string }): Step["passes"] {
  const [before, after] = [answerPath(step.id, step.value?.kind), answerPath(step.id, value.kind)];
  const turn = (part: unknown): unknown =>
    Array.isArray(part)
      ? part.map(turn)
      : part && typeof part === "object"
        ? Object.fromEntries(
            Object.entries(part).map(([key, one]) => [
              key,
              key === "fact" && one === before ? after : turn(one),
            ]),
          )
        : part;
  return turn(step.passes) as Step["passes"];
}

/** Once something is said in one language, the dots that hold another's place go. */
export function written<T extends object>(value: T | undefined): T | undefined {
  if (!value) return value;
  const said = Object.values(value).some((text) => typeof text === "string" && /[^\s.…]/.test(text));
  if (!said) return value;
  return Object.fromEntries(Object.entries(value).filter(([, text]) => !/^[.…]+$/.test(String(text)))) as T;
}

/** What a procedure's file, YAML or JSON, calls it. */
export const keyIn = (file: string) =>
  /^\s*\{?\s*["']?procedure["']?\s*:\s*["']?([a-z][a-z0-9_]*)/m.exec(file)?.[1];

const WORDS: Text = { "zh-CN": "……", en: "…" };

function blank(type: StepType, id: string, doc: ProcedureDocument): Step {
  const last = doc.steps.at(-1)?.id ?? id;
  const base: Step = { id, type, text: WORDS };
  switch (type) {
    case "check":
      return { ...base, failed: last };
    case "choice":
      return {
        ...base,
        options: [
          { key: "a", label: { "zh-CN": "甲", en: "A" } },
          { key: "b", label: { "zh-CN": "乙", en: "B" } },
        ],
      };
    case "form":
      return {
        ...base,
        fields: [{ key: `${id}_value`, kind: "text", label: { "zh-CN": "内容", en: "Value" } }],
      };
    case "script":
      return { ...base, say: WORDS };
    case "timer":
      return { ...base, at_most: 30 };
    case "action":
      return { ...base, action: { do: "add_tags", tags: ["sop"] } };
    case "read":
      return { ...base, search: WORDS };
    case "branch":
      return {
        id,
        type,
        cases: [{ when: { fact: "ticket.priority", op: "at_least", value: 2 }, next: last }],
      };
    case "procedure":
      return { id, type, procedure: "" };
    case "end":
      return { id, type, outcome: id, label: { "zh-CN": "完成", en: "Done" } };
    default:
      return base;
  }
}

export function freeId(doc: ProcedureDocument, base: string): string {
  const taken = new Set(doc.steps.map((step) => step.id));
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

/** A new step behind another (or before the last); it takes over where that one led. */
export function addStep(doc: ProcedureDocument, type: StepType, after?: string) {
  const id = freeId(doc, type);
  const whole = pinned(doc);
  const step = blank(type, id, doc);
  const found = after ? whole.steps.findIndex((one) => one.id === after) : whole.steps.length - 2;
  const place = Math.max(0, found);
  const before = whole.steps[place];
  const steps = [...whole.steps];
  if (before && before.type !== "end" && type !== "end") {
    if (before.next) step.next = before.next;
    steps[place] = { ...before, next: id };
  }
  steps.splice(type === "end" ? steps.length : place + 1, 0, step);
  const at = before && whole.layout?.[before.id];
  const layout = at ? { ...whole.layout, [id]: [at[0] + 40, at[1] + 120] as [number, number] } : whole.layout;
  return { doc: relaxed({ ...whole, steps, ...(layout ? { layout } : {}) }), id };
}

/** Takes a step out; what led to it leads on to where it led. */
export function removeStep(doc: ProcedureDocument, id: string): ProcedureDocument {
  if (doc.steps.length < 2) return doc;
  const whole = pinned(doc);
  const gone = whole.steps.find((step) => step.id === id);
  const rest = whole.steps.filter((step) => step.id !== id);
  const onward = gone?.next && gone.next !== id ? gone.next : rest.at(-1)!.id;
  const { [id]: _, ...layout } = whole.layout ?? {};
  return relaxed({
    ...redirected({ ...whole, steps: rest }, id, onward),
    ...(whole.layout ? { layout } : {}),
  });
}

export function renameStep(doc: ProcedureDocument, id: string, to: string): ProcedureDocument {
  if (id === to || doc.steps.some((step) => step.id === to)) return doc;
  const renamed = redirected(doc, id, to);
  const { [id]: place, ...layout } = renamed.layout ?? {};
  const steps = renamed.steps.map((step) => (step.id === id ? { ...step, id: to } : step));
  return {
    ...renamed,
    steps,
    ...(renamed.layout ? { layout: place ? { ...layout, [to]: place } : layout } : {}),
  };
}

function redirected(doc: ProcedureDocument, from: string, to: string): ProcedureDocument {
  const turn = (target: string | undefined) => (target === from ? to : target);
  return {
    ...doc,
    steps: doc.steps.map((step) =>
      cleaned({
        ...step,
        next: turn(step.next),
        failed: turn(step.failed),
        cases: step.cases?.map((one) => ({ ...one, next: turn(one.next)! })),
        options: step.options?.map((one) => cleaned({ ...one, next: turn(one.next) })),
      } as Step),
    ),
  };
}

/** Draws a way from one step to another: by the field it starts at. */
export function connect(doc: ProcedureDocument, from: string, field: string, to: string): ProcedureDocument {
  const step = doc.steps.find((one) => one.id === from);
  if (!step) return doc;
  const [list, at] = field.split(".");
  if (list === "cases")
    return changeStep(doc, from, {
      cases: step.cases?.map((one, i) => (i === Number(at) ? { ...one, next: to } : one)),
    } as Partial<Step>);
  if (list === "options")
    return changeStep(doc, from, {
      options: step.options?.map((one, i) => (i === Number(at) ? { ...one, next: to } : one)),
    } as Partial<Step>);
  return changeStep(doc, from, { [field]: to });
}

export function moveStep(doc: ProcedureDocument, id: string, by: -1 | 1): ProcedureDocument {
  const from = doc.steps.findIndex((step) => step.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= doc.steps.length) return doc;
  const whole = pinned(doc);
  const steps = [...whole.steps];
  const [step] = steps.splice(from, 1);
  steps.splice(to, 0, step!);
  return relaxed({ ...whole, steps });
}

/** Places for steps nobody has placed: by how far they are from the beginning. */
export function places(doc: ProcedureDocument): Record<string, [number, number]> {
  const depth = new Map<string, number>();
  const waiting: [string, number][] = doc.steps[0] ? [[doc.steps[0].id, 0]] : [];
  const byId = new Map(doc.steps.map((step) => [step.id, step]));
  while (waiting.length) {
    const [id, level] = waiting.shift()!;
    const step = byId.get(id);
    if (!step || depth.has(id)) continue;
    depth.set(id, level);
    for (const way of waysOf(doc, step)) waiting.push([way.target, level + 1]);
  }
  const bottom = Math.max(0, ...depth.values()) + 1;
  const used = new Map<number, number>();
  const result: Record<string, [number, number]> = {};
  for (const step of doc.steps) {
    const level = depth.get(step.id) ?? bottom;
    const column = used.get(level) ?? 0;
    used.set(level, column + 1);
    result[step.id] = doc.layout?.[step.id] ?? [column * 260, level * 130];
  }
  return result;
}

/** The sentence a card shows of a step. */
export function gist(step: Step, locale: string): string {
  const text = step.say ?? step.title ?? step.text ?? step.label;
  if (step.type === "branch") return `${step.cases?.length ?? 0} →`;
  if (step.type === "procedure") return step.procedure ?? "";
  return text?.[locale] ?? Object.values(text ?? {})[0] ?? step.id;
}

/** `甲 | A` a line, and back. */
export const shownOptions = (options: { key: string; label: Text }[] | undefined): string =>
  (options ?? []).map((one) => `${one.key} = ${one.label["zh-CN"] ?? ""} | ${one.label.en ?? ""}`).join("\n");

export function readOptions<T extends { key: string; label: Text }>(
  text: string,
  known: T[] | undefined,
): T[] {
  return text
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => {
      const [key, rest = ""] = line.split("=", 2).map((part) => part.trim());
      const [zh = "", en = ""] = rest.split("|", 2).map((part) => part.trim());
      const before = known?.find((one) => one.key === key);
      return { ...before, key, label: cleaned({ "zh-CN": zh, en }) } as unknown as T;
    });
}
