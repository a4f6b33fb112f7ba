/** Places a canned reply left open because nobody knows what belongs there (【订单号】): nobody is to be sent those. */

export interface Gap {
  text: string;
  from: number;
}

const known = new Set<string>();

/** What a reply that was put in says is missing. */
export function rememberGaps(missing: readonly { text: string }[]): void {
  for (const { text } of missing) known.add(text);
}

/** The gaps that stand in a text, each once, in its order. */
export function gapsIn(text: string): Gap[] {
  return [...known]
    .map((gap) => ({ text: gap, from: text.indexOf(gap) }))
    .filter(({ from }) => from >= 0)
    .sort((a, b) => a.from - b.from);
}
