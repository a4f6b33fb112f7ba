import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";

/** So many rows stand in the page at once; of a longer transcript it is the stretch around the place that is read. */
export const ROWS = 240;
/** The next stretch is there before the reader comes to the edge of this one. */
const REACH = 1500;
const NEAR = 80;

interface Keyed {
  key: string;
}

/** From which row to which, around the one that is named; else, or when it is gone, the last ones. */
export function stretchAround(rows: readonly Keyed[], pin: string | null): { from: number; to: number } {
  const last = Math.max(0, rows.length - ROWS);
  const at = pin === null ? -1 : rows.findIndex((row) => row.key === pin);
  const from = at < 0 ? last : Math.max(0, Math.min(at - ROWS / 2, last));
  return { from, to: Math.min(rows.length, from + ROWS) };
}

/**
 * The first row of which something can be seen, and how far below the upper edge it begins. A day's line is passed over:
 * it moves up when older messages of that day come in below it.
 */
function topRow(scroller: HTMLElement): { key: string; top: number } | null {
  const rows = scroller.querySelectorAll<HTMLElement>('[data-row]:not([data-row^="day-"])');
  const edge = scroller.getBoundingClientRect().top;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.getBoundingClientRect().bottom > edge) high = middle;
    else low = middle + 1;
  }
  const found = rows[low];
  return found ? { key: found.dataset.row!, top: found.getBoundingClientRect().top - edge } : null;
}

export const rowElement = (scroller: HTMLElement, key: string) =>
  scroller.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`);

/**
 * Which rows of a transcript are in the page, and the place in them: whoever is at the end stays there, whoever reads
 * further up sees nothing move, whatever comes, goes or grows around it. Rows carry `data-row`.
 */
export function useStretch(scroller: RefObject<HTMLElement | null>, rows: readonly Keyed[]) {
  const [pin, setPin] = useState<string | null>(null);
  const { from, to } = useMemo(() => stretchAround(rows, pin), [rows, pin]);
  const atEnd = useRef(true);
  const held = useRef<{ key: string; top: number } | null>(null);
  const height = useRef(0);

  /** Brings the next stretch when an edge with more behind it is near. */
  const extend = useCallback(() => {
    const el = scroller.current;
    if (!el || !held.current) return;
    const above = from > 0 && el.scrollTop < REACH;
    const below = to < rows.length && el.scrollHeight - el.scrollTop - el.clientHeight < REACH;
    if (!atEnd.current && (above || below)) setPin(held.current.key);
  }, [scroller, from, to, rows.length]);

  /** What is seen now is where the reader is. */
  const hold = useCallback(() => {
    const el = scroller.current;
    if (!el) return;
    atEnd.current = to === rows.length && el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    held.current = topRow(el);
    if (atEnd.current) setPin(null);
    extend();
  }, [scroller, to, rows.length, extend]);

  /** Puts everything back where the reader had it. */
  const keep = useCallback(() => {
    const el = scroller.current;
    if (!el) return;
    if (atEnd.current) {
      if (el.scrollHeight !== height.current) el.scrollTop = el.scrollHeight;
    } else if (held.current) {
      const row = rowElement(el, held.current.key);
      const moved = row
        ? row.getBoundingClientRect().top - el.getBoundingClientRect().top - held.current.top
        : 0;
      if (Math.abs(moved) >= 1) el.scrollTop += moved;
    }
    height.current = el.scrollHeight;
  }, [scroller]);

  useLayoutEffect(() => {
    keep();
    extend();
  });

  const toEnd = useCallback(() => {
    atEnd.current = true;
    setPin(null);
    const el = scroller.current;
    if (el) el.scrollTop = el.scrollHeight;
  }, [scroller]);

  /** Brings a row to the middle; false: it is not in the page yet and will be after the next rendering. */
  const toRow = useCallback(
    (key: string): boolean => {
      const el = scroller.current;
      const row = el && rowElement(el, key);
      if (!el || !row) {
        held.current = null;
        atEnd.current = false;
        setPin(key);
        return false;
      }
      const box = el.getBoundingClientRect();
      const at = row.getBoundingClientRect();
      el.scrollTop += at.top - box.top - box.height / 2 + at.height / 2;
      hold();
      return true;
    },
    [scroller, hold],
  );

  return { from, to, atEnd, hold, keep, toEnd, toRow };
}
