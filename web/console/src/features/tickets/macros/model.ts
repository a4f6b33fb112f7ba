import type { Id, Iso } from "@/api/types";

export interface Fault {
  where: string;
  code: string;
  message: string;
}

export interface Macro {
  id: Id;
  name: string;
  description: string;
  subject: "ticket" | "conversation";
  actions: { do: string; [key: string]: unknown }[];
  scope: "own" | "department" | "all";
  department_id: Id | null;
  usage_count: number;
  may_edit: boolean;
  faults: Fault[];
  updated_at: Iso;
}

export interface Step {
  do: string;
  text: string;
  fault: string | null;
}

/** Those with all the words, best first: begins so, then has it in the name, then in the description; then by use. */
export function matching(macros: Macro[], query: string): Macro[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (macro: Macro): number => {
    const name = macro.name.toLowerCase();
    const all = `${name} ${macro.description.toLowerCase()}`;
    if (!words.every((word) => all.includes(word))) return -1;
    if (words.length === 0) return 0;
    if (name.startsWith(words[0] ?? "")) return 3;
    return words.every((word) => name.includes(word)) ? 2 : 1;
  };
  return macros
    .map((macro) => ({ macro, rank: rank(macro) }))
    .filter((one) => one.rank >= 0)
    .sort(
      (a, b) =>
        b.rank - a.rank ||
        b.macro.usage_count - a.macro.usage_count ||
        a.macro.name.localeCompare(b.macro.name),
    )
    .map((one) => one.macro);
}
