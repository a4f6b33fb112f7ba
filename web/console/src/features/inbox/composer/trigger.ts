export interface Trigger {
  char: "/" | "#" | "@";
  query: string;
  /** Where the character stands. */
  from: number;
}

/**
 * The menu the caret asks for. `/` only at the start of a line or after a space (paths and dates have slashes too);
 * `#` and `@` also right after Chinese text, which has no spaces.
 */
export function triggerAt(text: string, caret: number): Trigger | null {
  const before = text.slice(0, caret);
  const match = before.match(/([/#@])([^\s/#@]{0,30})$/u);
  if (!match || match.index === undefined) return null;
  const previous = before[match.index - 1];
  const char = match[1] as Trigger["char"];
  const free = previous === undefined || /\s/.test(previous);
  if (!free && (char === "/" || !/[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/.test(previous))) return null;
  return { char, query: match[2] ?? "", from: match.index };
}

/** Puts `insert` in the place of the trigger and its query. */
export function replaceTrigger(
  text: string,
  caret: number,
  trigger: Trigger,
  insert: string,
): { text: string; caret: number } {
  const head = text.slice(0, trigger.from) + insert;
  return { text: head + text.slice(caret), caret: head.length };
}
