/** What differs between two texts, line by line. Pure. */

export interface Line {
  op: "same" | "gone" | "new";
  text: string;
}

/** Texts longer than this between their common ends are shown as replaced whole. */
const MOST = 1500;

/** Lines of `before` and `after` in order; a number stands for that many same ones, away from any change. */
export function lineDiff(before: string, after: string, around = 2): (Line | number)[] {
  return folded(lines(before.trimEnd().split("\n"), after.trimEnd().split("\n")), around);
}

function lines(a: string[], b: string[]): Line[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  const said = (op: Line["op"], texts: string[]): Line[] => texts.map((text) => ({ op, text }));
  return [
    ...said("same", a.slice(0, start)),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end), said),
    ...said("same", a.slice(a.length - end)),
  ];
}

function middle(a: string[], b: string[], said: (op: Line["op"], texts: string[]) => Line[]): Line[] {
  if (a.length > MOST || b.length > MOST) return [...said("gone", a), ...said("new", b)];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const found: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ op: "same", text: a[i] as string });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      found.push({ op: "gone", text: a[i] as string });
      i += 1;
    } else {
      found.push({ op: "new", text: b[j] as string });
      j += 1;
    }
  }
  return found;
}

function folded(all: Line[], around: number): (Line | number)[] {
  const shown: (Line | number)[] = [];
  for (const [index, line] of all.entries()) {
    const near = all.slice(Math.max(0, index - around), index + around + 1).some((one) => one.op !== "same");
    const last = shown.at(-1);
    if (near) shown.push(line);
    else if (typeof last === "number") shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}
