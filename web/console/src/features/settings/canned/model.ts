/** Canned replies: shortcuts that can be typed, and variables that are filled in when one is used. */

const VARIABLE = /\{\{\s*([\w.]+)\s*\}\}/g;

export function variablesIn(body: string): string[] {
  return [...new Set([...body.matchAll(VARIABLE)].map((match) => match[1]!))];
}

export function unknownVariables(body: string, known: readonly string[]): string[] {
  return variablesIn(body).filter((name) => !known.includes(name));
}

/** The reply as it would read, with examples in place of the variables; unknown ones stay visible. */
export function renderPreview(body: string, examples: Record<string, string>): string {
  return body.replace(VARIABLE, (whole, name: string) => examples[name] ?? whole);
}

/** `/退货`, ` 退 货 ` → `退货`: no slash, no blanks, lower case. */
export function cleanShortcut(typed: string): string {
  return typed.trim().replace(/^\/+/, "").replace(/\s+/g, "-").toLowerCase();
}

/** Inserts text at the caret, taking the place of the selection. */
export function insertAt(
  text: string,
  start: number,
  end: number,
  added: string,
): { text: string; caret: number } {
  return { text: text.slice(0, start) + added + text.slice(end), caret: start + added.length };
}
