/** Changes of a ticket in words. Pure. */

import { isEmpty } from "../fields/conditions";
import { isMoney, optionsOf } from "../fields/model";
import type { Definition, FieldSpec, Text, WaitingOn } from "../types";

export interface Words {
  t: (key: string, params?: Record<string, unknown>) => string;
  /** Words of an admin in the reader's language. */
  text: (text: Text | null | undefined, fallback?: string) => string;
  money: (minor: number, currency: string) => string;
  date: (iso: string) => string;
  moment: (iso: string) => string;
  /** How long something took. */
  span: (seconds: number) => string;
  /** Names of ids. */
  names: Record<string, string>;
  /** Names of ticket types by key. */
  types: Record<string, string>;
  definition: Definition | null;
}

export type Line =
  | { kind: "from_to"; key: string; label: string; before: string | null; after: string | null }
  | { kind: "list"; key: string; label: string; added: string[]; removed: string[] }
  | { kind: "long"; key: string; label: string; before: string; after: string };

const LONG = 60;
const IDS = new Set([
  "assignee_id",
  "department_id",
  "customer_id",
  "requester_id",
  "parent_id",
  "merged_into_id",
  "conversation_id",
]);
/** Told by something beside them: the state says what the status is. */
const SILENT = new Set([
  "status",
  "first_response_at",
  "solved_at",
  "closed_at",
  "customer_wrote_at",
  "reopened",
]);

export function specOf(key: string, words: Words): FieldSpec | null {
  if (!key.startsWith("fields.")) return null;
  return words.definition?.fields.find((spec) => spec.key === key.slice("fields.".length)) ?? null;
}

/** What a field is called. */
export function labelOf(key: string, words: Words): string {
  const spec = specOf(key, words);
  if (spec) return words.text(spec.label, spec.key);
  if (key.startsWith("fields.")) return key.slice("fields.".length);
  if (key.startsWith("links.")) return words.t(`link.${key.slice("links.".length)}`);
  const known = words.t(`name.${key}`);
  return known === `name.${key}` ? key : known;
}

function named(id: unknown, words: Words): string {
  return words.names[String(id)] || words.t("timeline.somebody");
}

/** A value as people read it; null for nothing. */
export function shownAs(key: string, value: unknown, words: Words): string | null {
  if (isEmpty(value)) return null;
  const spec = specOf(key, words);
  if (spec) return fieldOf(spec, value, words);
  if (IDS.has(key)) return named(value, words);
  switch (key) {
    case "priority":
      return words.t(`priority.${String(value)}`);
    case "tier":
      return words.t(`tier.${String(value)}`);
    case "status":
      return words.t(`status.${String(value)}`);
    case "state": {
      const state = words.definition?.workflow.states.find((one) => one.key === value);
      return state ? words.text(state.label, state.key) : String(value);
    }
    case "type":
      return words.types[String(value)] ?? String(value);
    case "due_at":
      return words.moment(String(value));
    case "waiting_on": {
      const on = value as WaitingOn;
      const name = words.text(on.label, on.name ?? "") || (on.id ? words.names[on.id] : undefined);
      return (
        name ??
        words.t(`waiting_kind.${on.kind === "approval" || on.kind === "department" ? on.kind : "other"}`)
      );
    }
    default:
      return plain(value, words);
  }
}

function plain(value: unknown, words: Words): string {
  if (typeof value === "boolean") return words.t(value ? "fieldform.yes" : "fieldform.no");
  if (isMoney(value)) return words.money(value.minor, value.currency);
  if (Array.isArray(value))
    return value.map((one) => words.names[String(one)] ?? plain(one, words)).join(words.t("list_separator"));
  if (typeof value === "object" && value !== null) {
    const named = value as { name?: unknown; title?: unknown; ref?: unknown };
    return String(named.ref ?? named.name ?? named.title ?? "…");
  }
  return words.names[String(value)] ?? String(value);
}

function fieldOf(spec: FieldSpec, value: unknown, words: Words): string {
  switch (spec.kind) {
    case "choice":
    case "choices":
    case "cascade":
      return (
        optionsOf(spec, value)
          .map((option) => words.text(option.label, option.key))
          .join(spec.kind === "choices" ? words.t("list_separator") : " / ") || plain(value, words)
      );
    case "person":
    case "customer":
      return named(value, words);
    case "date":
      return words.date(String(value));
    case "moment":
      return words.moment(String(value));
    case "table":
      return words.t("fieldform.rows", { count: Array.isArray(value) ? value.length : 0 });
    default:
      return plain(value, words);
  }
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : isEmpty(value) ? [] : [value]);

/** One line per changed thing, in the order they were given. */
export function linesOf(changes: Record<string, [unknown, unknown]>, words: Words): Line[] {
  const lines: Line[] = [];
  for (const [key, pair] of Object.entries(changes)) {
    if (SILENT.has(key) && (key !== "status" || "state" in changes)) continue;
    const [before, after] = pair;
    const label = labelOf(key, words);
    const kind = specOf(key, words)?.kind;
    if (
      key === "tags" ||
      key === "watchers" ||
      key.startsWith("links.") ||
      kind === "choices" ||
      kind === "file"
    ) {
      const one = (value: unknown) => shownAs(key, [value], words) ?? "";
      const keyed = (list: unknown[]) => new Map(list.map((item) => [JSON.stringify(item), item]));
      const was = keyed(asList(before));
      const is = keyed(asList(after));
      lines.push({
        kind: "list",
        key,
        label,
        added: [...is].filter(([id]) => !was.has(id)).map(([, item]) => one(item)),
        removed: [...was].filter(([id]) => !is.has(id)).map(([, item]) => one(item)),
      });
      continue;
    }
    const was = shownAs(key, before, words);
    const is = shownAs(key, after, words);
    if (was === is && kind !== "table") continue;
    if (
      key === "description" ||
      kind === "long_text" ||
      (was ?? "").length > LONG ||
      (is ?? "").length > LONG
    )
      lines.push({ kind: "long", key, label, before: was ?? "", after: is ?? "" });
    else lines.push({ kind: "from_to", key, label, before: was, after: is });
  }
  return lines;
}

/** `before → after` of one line, for where there is only room for text. */
export function sentenceOfLine(line: Line, words: Words): string {
  if (line.kind === "long") return `${line.label} ${words.t("timeline.text_changed")}`;
  if (line.kind === "list")
    return [
      line.label,
      ...line.added.map((one) => `+ ${one}`),
      ...line.removed.map((one) => `− ${one}`),
    ].join(" ");
  const nothing = words.t("empty_value");
  return `${line.label} ${line.before ?? nothing} → ${line.after ?? nothing}`;
}
