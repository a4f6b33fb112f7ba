/**
 * What stands under the pointer must not move: while a list is held, what is new waits, and only its presence is told.
 */
export interface Held<T> {
  shown: T | undefined;
  waiting: boolean;
}

export function hold<T>(
  before: T | undefined,
  now: T | undefined,
  busy: boolean,
  same: (a: T, b: T) => boolean,
): Held<T> {
  if (now === undefined) return { shown: before, waiting: false };
  if (before === undefined || !busy) return { shown: now, waiting: false };
  return same(before, now) ? { shown: now, waiting: false } : { shown: before, waiting: true };
}
