/** Policies on the screen: times as people write them, ladders in the order they are climbed, what is missing. */
import { countTests, unfinished } from "../kit/conditions";
import type { FieldProblem } from "../kit/draft";
import {
  type Action,
  KINDS,
  type Kind,
  type PolicyBody,
  type Step,
  type Subject,
  type Target,
  type When,
} from "./types";

export const LONGEST = 366 * 24 * 60;
const UNITS: [RegExp, number][] = [
  [/^(?:d|天|日|days?)$/i, 1440],
  [/^(?:h|小时|时|hours?)$/i, 60],
  [/^(?:m|min|分|分钟|mins?|minutes?)?$/i, 1],
];

/** `1h30m`, `90`, `2 小时`, `1d` as minutes; null for nothing; undefined for what cannot be read. */
export function parseMinutes(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (!trimmed) return null;
  let rest = trimmed;
  let total = 0;
  while (rest) {
    const part = /^(\d+(?:\.\d+)?)\s*([a-z]+|[分钟小时天日]+)?\s*/i.exec(rest);
    if (!part) return undefined;
    const unit = UNITS.find(([words]) => words.test(part[2] ?? ""));
    if (!unit) return undefined;
    total += Number(part[1]) * unit[1];
    rest = rest.slice(part[0].length);
  }
  const minutes = Math.round(total);
  return minutes >= 1 && minutes <= LONGEST ? minutes : undefined;
}

/** Minutes in the fewest words: hours stay hours (business hours have no days). */
export function showMinutes(minutes: number | null | undefined, locale: string): string {
  if (minutes == null) return "";
  const zh = locale === "zh-CN";
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const h = hours ? `${hours}${zh ? "小时" : "h"}` : "";
  const m = rest || !hours ? `${rest}${zh ? "分" : "m"}` : "";
  return [h, m].filter(Boolean).join(zh ? "" : " ");
}

export function blankTarget(business = true): Target {
  return { business, minutes: [null, null, null, null] };
}

export function withMinutes(
  targets: PolicyBody["targets"],
  kind: Kind,
  priority: number,
  minutes: number | null,
): PolicyBody["targets"] {
  const target = targets[kind] ?? blankTarget();
  return {
    ...targets,
    [kind]: { ...target, minutes: target.minutes.map((old, i) => (i === priority ? minutes : old)) },
  };
}

export function promises(target: Target | undefined): boolean {
  return target?.minutes.some((minutes) => minutes !== null) ?? false;
}

/** Of the other kind of things: conditions ask something else there, and conversations climb fewer steps. */
export function forSubject(policy: PolicyBody, subject: Subject): Partial<PolicyBody> {
  if (subject === policy.subject) return {};
  const ladder = policy.ladder.filter((step) => stepsOf(subject).includes(step.action.do));
  return { subject, conditions: null, ladder };
}

/** What a step of a ladder may do. */
export function stepsOf(subject: Subject): Action["do"][] {
  return subject === "ticket"
    ? ["notify", "reassign", "raise_priority", "escalate"]
    : ["notify", "raise_priority"];
}

/** Only what promises something is sent. */
export function bodyOf(policy: PolicyBody): PolicyBody {
  return {
    ...policy,
    name: policy.name.trim(),
    description: policy.description.trim(),
    conditions: policy.conditions && countTests(policy.conditions) > 0 ? policy.conditions : null,
    targets: Object.fromEntries(Object.entries(policy.targets).filter(([, target]) => promises(target))),
  };
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

export function newStepId(taken: string[], random: () => number = Math.random): string {
  for (;;) {
    const id = Array.from({ length: 6 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join("");
    if (!taken.includes(id)) return id;
  }
}

/** Where a step stands on the way of a promise of an hour: what comes first, stands first. */
function place(when: When): number {
  if (when.at === "percent") return when.value / 100;
  return when.at === "before" ? 1 - when.value / 100_000 : 1 + when.value / 100_000;
}

export function climbed(ladder: Step[]): Step[] {
  return [...ladder].sort((a, b) => place(a.when) - place(b.when));
}

export function startingAction(kind: Action["do"], departmentId: string | undefined): Action {
  switch (kind) {
    case "notify":
      return { do: "notify", whom: "assignee", role: "supervisor" };
    case "reassign":
      return { do: "reassign", department_id: departmentId ?? "" };
    case "raise_priority":
      return { do: "raise_priority", to: null };
    default:
      return { do: "escalate" };
  }
}

/** What has to be mended before it can be saved; keys are of the catalogue. */
export function checkPolicy(policy: PolicyBody): FieldProblem[] {
  const faults: FieldProblem[] = [];
  if (!policy.name.trim()) faults.push({ field: "name", message: "fault.name" });
  const made = KINDS.map((kind) => policy.targets[kind]).filter(promises);
  if (made.length === 0) faults.push({ field: "targets", message: "fault.targets" });
  if (made.some((target) => target?.business) && !policy.calendar_id)
    faults.push({ field: "calendar_id", message: "fault.calendar" });
  if (unfinished(policy.conditions)) faults.push({ field: "conditions", message: "fault.conditions" });
  if (policy.ladder.some((step) => step.action.do === "reassign" && !step.action.department_id))
    faults.push({ field: "ladder", message: "fault.department" });
  return faults;
}

/** Keys of reasons are made from their words; they stay when the words change. */
export function reasonKey(taken: string[]): string {
  let number = taken.length + 1;
  while (taken.includes(`reason_${number}`)) number += 1;
  return `reason_${number}`;
}
