import type { ReactNode } from "react";

type Spans = readonly (readonly [number, number])[];

const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uff00-\uff60]/;

/** Where to begin so that the first found place stands within a line that is cut off at its end: at most `lead` narrow
 * characters before it (a Chinese one is as wide as two), and no word is cut in two. */
export function beginning(characters: readonly string[], spans: Spans, lead: number): number {
  const first = Math.min(...spans.map(([start]) => start));
  if (!Number.isFinite(first)) return 0;
  let from = first;
  for (let room = lead; from > 0; from--) {
    room -= WIDE.test(characters[from - 1]!) ? 2 : 1;
    if (room < 0) break;
  }
  if (from === 0) return 0;
  const inWord = (at: number) => /[\p{L}\p{N}]/u.test(characters[at]!) && !WIDE.test(characters[at]!);
  while (from < first && inWord(from - 1) && inWord(from)) from++;
  while (from < first && characters[from] === " ") from++;
  return from;
}

/** Text with the found places marked. `spans` count characters as people do (code points), not UTF-16 units. With
 * `lead` there is at most so much before the first of them. */
export function Highlight(props: { text: string; spans?: Spans; lead?: number }) {
  const characters = [...props.text];
  const parts: ReactNode[] = [];
  let from = props.lead === undefined ? 0 : beginning(characters, props.spans ?? [], props.lead);
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
