/** Figures of the wallboard, made ready for people: colours with a meaning, and hours that line up. */

export type Tone = "ok" | "wait" | "breach" | "idle";

/** Waiting time against the promised time to answer: half of it is a warning, all of it a breach. */
export function waitTone(seconds: number | null | undefined, promised: number): Tone {
  if (seconds === null || seconds === undefined || seconds <= 0) return "idle";
  if (seconds >= promised) return "breach";
  return seconds >= promised / 2 ? "wait" : "ok";
}

export function levelTone(percent: number | null | undefined): Tone {
  if (percent === null || percent === undefined) return "idle";
  if (percent >= 80) return "ok";
  return percent >= 60 ? "wait" : "breach";
}

export function loadTone(load: number, capacity: number): Tone {
  if (capacity <= 0 || load <= 0) return "idle";
  const share = load / capacity;
  if (share >= 1) return "breach";
  return share >= 0.75 ? "wait" : "ok";
}

export interface HourPoint {
  hour: number;
  [metric: string]: number | null;
}

/** 24 places; hours without a figure are empty up to now and absent (null) after it. */
export function alignHours(
  points: readonly HourPoint[],
  metric: string,
  untilHour: number,
): (number | null)[] {
  const byHour = new Map(points.map((point) => [point.hour, point[metric] ?? 0]));
  return Array.from({ length: 24 }, (_, hour) => (hour > untilHour ? null : (byHour.get(hour) ?? 0)));
}

/** Below this, percentages say more than the figures do: one more than two is no “↑ 50 %”. */
const PERCENT_FROM = 20;

/** Against the comparison at the same hours of the day; null when there is nothing to compare with. */
export function changeSince(
  today: readonly (number | null)[],
  before: readonly (number | null)[],
): { by: number; percent: boolean } | null {
  let now = 0;
  let then = 0;
  today.forEach((value, hour) => {
    if (value === null) return;
    now += value;
    then += before[hour] ?? 0;
  });
  if (then === 0) return null;
  if (then < PERCENT_FROM) return { by: now - then, percent: false };
  return { by: Math.round(((now - then) / then) * 100), percent: true };
}

/** The hours worth showing: from the first with a figure (or opening) to the last, never fewer than eight. */
export function hourWindow(...series: readonly (readonly (number | null)[])[]): [number, number] {
  const used = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
    series.some((values) => (values[hour] ?? 0) > 0),
  );
  if (used.length === 0) return [8, 20];
  let from = Math.min(...used);
  let to = Math.max(...used);
  while (to - from < 8) {
    if (from > 0) from -= 1;
    if (to < 23 && to - from < 8) to += 1;
  }
  return [from, to];
}

const STATE_ORDER: Record<string, number> = { online: 0, busy: 1, away: 2, offline: 3 };

/** Agents in the order a supervisor looks for them: reachable first, then the most loaded. */
export function sortAgents<
  A extends { state: string; load: number; capacity: number; user: { name: string } },
>(agents: readonly A[]): A[] {
  return [...agents].sort(
    (a, b) =>
      (STATE_ORDER[a.state] ?? 9) - (STATE_ORDER[b.state] ?? 9) ||
      b.load / Math.max(b.capacity, 1) - a.load / Math.max(a.capacity, 1) ||
      a.user.name.localeCompare(b.user.name, "zh-CN"),
  );
}
