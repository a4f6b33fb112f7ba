import type { ReactNode } from "react";

/** Text with the found places marked. `spans` count characters as people do (code points), not UTF-16 units. */
export function Highlight(props: { text: string; spans?: readonly (readonly [number, number])[] }) {
  const characters = [...props.text];
  const parts: ReactNode[] = [];
  let from = 0;
  for (const [start, end] of [...(props.spans ?? [])].sort((a, b) => a[0] - b[0])) {
    if (start < from || end <= start) continue;
    if (start > from) parts.push(characters.slice(from, start).join(""));
    parts.push(<mark key={start}>{characters.slice(start, end).join("")}</mark>);
    from = end;
  }
  parts.push(characters.slice(from).join(""));
  return parts;
}
