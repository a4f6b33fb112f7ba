/** Two people have changed the same text: what only one of them touched is taken from them. Where both did, one's own
 * words stay on the screen, and are named. */
export function merge<T extends object>(
  base: T,
  mine: T,
  theirs: T,
): { value: T; both: (keyof T & string)[] } {
  const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
  const value = { ...theirs };
  const both: (keyof T & string)[] = [];
  for (const key of Object.keys(mine) as (keyof T & string)[]) {
    if (same(mine[key], base[key]) || same(mine[key], theirs[key])) continue;
    value[key] = mine[key];
    if (!same(theirs[key], base[key])) both.push(key);
  }
  return { value, both };
}
