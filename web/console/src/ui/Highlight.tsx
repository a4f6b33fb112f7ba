import type { ReactNode } from "react";

type Spans = readonly (readonly [number, number])[];

/** Where to begin so that the first found place stands within a line that is cut off at its end. */
export function beginning(spans: Spans, lead: number): number {
  const first = Math.min(...spans.map(([start]) => start));
  return Number.isFinite(first) && first > lead ? first - lead : 0;
}

/** Text with the found places marked. `spans` count characters as people do (code points), not UTF-16 units. With
 * `lead` there is at most so much before the first of them. */
export function Highlight(props: { text: string; spans?: Spans; lead?: number }) {
  const characters = [...props.text];
  const parts: ReactNode[] = [];
  let from = props.lead === undefined ? 0 : beginning(props.spans ?? [], props.lead);
  if (from > 0) parts.push("…");
  for (const [start, end] of [...(props.spans ?? [])].sort((a, b) => a[0] - b[0])) {
    if (start < from || end <= start) continue;
    if (start > from) parts.push(characters.slice(from, start).join(""));
    parts.push(<mark key={start}>{characters.slice(start, end).join("")}</mark>);
    from = end;
  }
  parts.push(characters.slice(from).join(""));
  return parts;
}
