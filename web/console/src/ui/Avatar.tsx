import type { AgentState } from "@/api/types";
import "./avatar.css";

const HUES = [222, 262, 190, 152, 28, 340, 12, 205, 290, 96];

function hash(text: string): number {
  let h = 0;
  for (const c of text) h = (h * 31 + (c.codePointAt(0) ?? 0)) | 0;
  return Math.abs(h);
}

/** Two letters of a Latin name, the last character (the given name) of a Chinese one. */
export function initials(name: string): string {
  const clean = name.trim();
  if (!clean) return "?";
  if (/[\u4e00-\u9fff]/.test(clean)) return [...clean.replace(/[^\u4e00-\u9fff]/g, "")].at(-1) ?? "?";
  const words = clean.split(/\s+/);
  return ((words[0]?.[0] ?? "") + (words.length > 1 ? (words.at(-1)?.[0] ?? "") : "")).toUpperCase();
}

export function Avatar(props: {
  name: string;
  id?: string | null;
  url?: string | null;
  size?: number;
  state?: AgentState;
  square?: boolean;
}) {
  const size = props.size ?? 32;
  const hue = HUES[hash(props.id || props.name) % HUES.length]!;
  return (
    <span
      className={`q-avatar ${props.square ? "q-avatar--square" : ""}`}
      style={
        { width: size, height: size, fontSize: Math.round(size * 0.4), "--q-hue": hue } as React.CSSProperties
      }
      aria-hidden
    >
      {props.url ? <img src={props.url} alt="" /> : initials(props.name)}
      {props.state ? <span className={`q-avatar__state q-state-dot q-state-dot--${props.state}`} /> : null}
    </span>
  );
}

export function StateDot(props: { state: AgentState }) {
  return <span className={`q-state-dot q-state-dot--${props.state}`} aria-hidden />;
}
