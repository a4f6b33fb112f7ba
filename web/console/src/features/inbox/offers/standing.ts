/** At most so many cards stand over the page at once. */
const MOST = 3;

/** Which offers stand there, and how many do not: one at a time, for several would cover the list somebody works in. */
export function standing<T>(open: readonly T[], spread: boolean): { shown: readonly T[]; others: number } {
  return { shown: open.slice(0, spread ? MOST : 1), others: Math.max(0, open.length - 1) };
}
