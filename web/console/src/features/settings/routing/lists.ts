/** Lists a company words itself – presence reasons, dispositions – in both languages, and how they are edited. */

export interface Labelled {
  key: string;
  label: { "zh-CN": string; en: string };
  /** Which state a presence reason belongs to; other lists have none. */
  state?: "busy" | "away";
}

export interface RoutingSettings {
  missed_offers_to_away?: number;
  log_retention_days?: number;
  channel_weights: Record<string, number>;
  presence_reasons: unknown[];
  dispositions: unknown[];
}

/** The server may hold a plain word, a word with a key, or a word in two languages. */
export function readLabelled(value: unknown): Labelled {
  if (typeof value === "string") return { key: value, label: { "zh-CN": value, en: value } };
  const item = (value ?? {}) as { key?: unknown; label?: unknown; name?: unknown; state?: unknown };
  const state =
    item.state === "busy" || item.state === "away" ? { state: item.state as "busy" | "away" } : {};
  const label = item.label ?? item.name ?? item.key ?? "";
  if (typeof label === "string")
    return { key: String(item.key ?? label), label: { "zh-CN": label, en: label }, ...state };
  const both = label as Record<string, unknown>;
  const zh = String(both["zh-CN"] ?? both.zh ?? both.en ?? "");
  return { key: String(item.key ?? zh), label: { "zh-CN": zh, en: String(both.en ?? zh) }, ...state };
}

/** A new entry's key: from the English word where there is one, else a number; never one already taken. */
export function newKey(label: Labelled["label"], taken: readonly string[]): string {
  const base =
    label.en
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 40) || "item";
  let key = base;
  for (let n = 2; taken.includes(key); n += 1) key = `${base}_${n}`;
  return key;
}

export function move<T>(list: readonly T[], from: number, to: number): T[] {
  if (to < 0 || to >= list.length) return [...list];
  const next = [...list];
  const [item] = next.splice(from, 1);
  next.splice(to, 0, item as T);
  return next;
}

/** Faults of a list: an entry without words, or the same words twice. */
export function checkList(list: readonly Labelled[]): { index: number; fault: "empty" | "twice" }[] {
  const faults: { index: number; fault: "empty" | "twice" }[] = [];
  const seen = new Set<string>();
  list.forEach((item, index) => {
    const zh = item.label["zh-CN"].trim();
    if (!zh && !item.label.en.trim()) faults.push({ index, fault: "empty" });
    else if (zh && seen.has(zh)) faults.push({ index, fault: "twice" });
    seen.add(zh);
  });
  return faults;
}

/** What is sent: no blanks at the ends, the other language where one is missing, a key for every new entry. */
export function finishList(list: readonly Labelled[]): Labelled[] {
  const taken = list.map((item) => item.key).filter(Boolean);
  return list.map((item) => {
    const zh = item.label["zh-CN"].trim();
    const en = item.label.en.trim();
    const label = { "zh-CN": zh || en, en: en || zh };
    if (item.key) return { ...item, label };
    const key = newKey(label, taken);
    taken.push(key);
    return { ...item, key, label };
  });
}
