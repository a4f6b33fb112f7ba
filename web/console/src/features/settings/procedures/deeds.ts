/** What a step of a procedure does by itself, as `qiao/desk/sop/document.py` has it. Pure. */

import type { FieldKind, Text } from "../../tickets/types";

export type Deed =
  | { do: "set_field"; field: string; value: unknown }
  | { do: "add_tags"; tags: string[] }
  | { do: "task"; department: Text; title: Text; within_hours?: number }
  | { do: "approval"; text: Text }
  | { do: "send_text"; text: Text };
export type DeedKind = Deed["do"];
export const DEEDS: DeedKind[] = ["set_field", "add_tags", "task", "approval", "send_text"];

const empty = (): Text => ({ "zh-CN": "", en: "" });

export function blankDeed(kind: DeedKind): Deed {
  switch (kind) {
    case "set_field":
      return { do: kind, field: "priority", value: 2 };
    case "add_tags":
      return { do: kind, tags: [] };
    case "task":
      return { do: kind, department: empty(), title: empty(), within_hours: 24 };
    default:
      return { do: kind, text: empty() };
  }
}

/** A step's action as the form takes it; what cannot be read begins anew. */
export function deedOf(value: unknown): Deed {
  const found = value as Deed | null | undefined;
  return found && DEEDS.includes(found.do) ? { ...blankDeed(found.do), ...found } : blankDeed("add_tags");
}

/** The department one of these names means: names are compared as the server does. */
export function departmentOf(wanted: Text, known: { id: string; name: string }[]): string | null {
  const names = Object.values(wanted).map((name) => (name ?? "").toLowerCase());
  return known.find((one) => names.includes(one.name.toLowerCase()) || names.includes(one.id))?.id ?? null;
}

export const shownValue = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** What was written, as the field stores it: numbers, yes and no, lists and money as JSON has them. */
export function readValue(text: string, kind: FieldKind | undefined): unknown {
  const written = text.trim();
  const asText = kind === "text" || kind === "long_text" || kind === "phone" || kind === "order";
  if (asText || !/^(-?\d+(\.\d+)?|true|false|\[.*\]|\{".*\})$/s.test(written)) return text;
  try {
    return JSON.parse(written) as unknown;
  } catch {
    return text;
  }
}
