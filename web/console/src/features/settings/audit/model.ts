/** What changed, as rows a person can read: nested objects become dotted fields, before beside after. */

export interface ChangeRow {
  field: string;
  before: string | null;
  after: string | null;
}

const HIDDEN = /(password|secret|token|hash)/i;

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== "object"))
    return value.map(String).join(", ");
  return JSON.stringify(value);
}

function pairOf(value: unknown): [unknown, unknown] | null {
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]];
  if (isPlain(value)) {
    if ("before" in value || "after" in value) return [value.before, value.after];
    if ("old" in value || "new" in value) return [value.old, value.new];
    if ("from" in value || "to" in value) return [value.from, value.to];
  }
  return null;
}

function flatten(prefix: string, before: unknown, after: unknown, rows: ChangeRow[]): void {
  if (isPlain(before) || isPlain(after)) {
    const left = isPlain(before) ? before : {};
    const right = isPlain(after) ? after : {};
    if (
      (before === undefined || before === null || isPlain(before)) &&
      (after === undefined || after === null || isPlain(after))
    ) {
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
        flatten(prefix ? `${prefix}.${key}` : key, left[key], right[key], rows);
      return;
    }
  }
  const a = HIDDEN.test(prefix) ? (before ? "••••" : null) : show(before);
  const b = HIDDEN.test(prefix) ? (after ? "••••" : null) : show(after);
  if (a !== b || HIDDEN.test(prefix)) rows.push({ field: prefix, before: a, after: b });
}

/** Reads `{field: [before, after]}`, `{field: {before, after}}`, `{before: {...}, after: {...}}` and plain `{field: value}`. */
export function changeRows(changes: unknown): ChangeRow[] {
  const rows: ChangeRow[] = [];
  if (!isPlain(changes)) return rows;
  const keys = Object.keys(changes);
  if (keys.length > 0 && keys.every((key) => key === "before" || key === "after")) {
    flatten("", changes.before, changes.after, rows);
    return rows;
  }
  for (const [field, value] of Object.entries(changes)) {
    const pair = pairOf(value);
    if (pair) flatten(field, pair[0], pair[1], rows);
    else flatten(field, undefined, value, rows);
  }
  return rows;
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** A field of a field is called after both: `weekly.fri` → 每周时间 · 周五. `word` (of `fields` or `parts`) gives null for what it does not know. */
export function fieldName(
  field: string,
  word: (of: "fields" | "parts", key: string) => string | null,
): string {
  const parts = field.split(".");
  for (let end = parts.length; end > 0; end--) {
    const known = word("fields", parts.slice(0, end).join("."));
    if (known === null) continue;
    const rest = parts.slice(end).map((part) => word("parts", part) ?? part.replaceAll("_", " "));
    return [known, ...rest].join(" · ");
  }
  return field.replaceAll("_", " ");
}

/** Yes, no and moments as people write them; everything else as it is. */
export function valueName(value: string, yes: string, no: string, moment: (at: string) => string): string {
  if (value === "true") return yes;
  if (value === "false") return no;
  return MOMENT.test(value) ? moment(value) : value;
}
