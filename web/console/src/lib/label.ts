import type { Locale } from "./format";

type Labelled =
  | string
  | { key?: string; value?: string; name?: string; label?: string | Record<string, string> };

/** The stored key of a configurable list item (presence reason, disposition). */
export function keyOf(item: Labelled): string {
  if (typeof item === "string") return item;
  if (item.key ?? item.value) return (item.key ?? item.value)!;
  return typeof item.label === "string" ? item.label : (item.name ?? "");
}

/** Its name in the reader's language; `known` translates the built-in keys. */
export function labelOf(item: Labelled, locale: Locale, known?: (key: string) => string | null): string {
  const key = keyOf(item);
  if (typeof item !== "string") {
    if (typeof item.label === "string") return item.label;
    const text = item.label?.[locale] ?? item.label?.["zh-CN"] ?? item.label?.en;
    if (text) return text;
    if (item.name) return item.name;
  }
  return known?.(key) ?? key;
}
