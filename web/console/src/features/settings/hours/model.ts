/** Business hours as the editor sees them: pure, so every rule is tested without a screen. */

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];
export type Interval = [string, string];
export type Weekly = Partial<Record<Day, Interval[]>>;

export interface CalendarException {
  date: string;
  hours: Interval[];
  name: string;
}

export type IntervalFault = "format" | "overlap";

export interface DayFault {
  index: number;
  fault: IntervalFault;
}

const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Minutes since midnight, or null when it is not a clock time. 24:00 is the end of the day. */
export function minutesOf(text: string): number | null {
  if (text === "24:00") return 1440;
  const match = CLOCK.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

export function clockOf(minutes: number): string {
  const bounded = Math.max(0, Math.min(1440, Math.round(minutes)));
  return `${String(Math.floor(bounded / 60)).padStart(2, "0")}:${String(bounded % 60).padStart(2, "0")}`;
}

/** What people type – "9", "9:5", "930", "0930", "９：３０" – as a clock time, or null. */
export function readClock(typed: string): string | null {
  const text = typed
    .trim()
    .replace(/[：.]/g, ":")
    .replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  const parts = /^(\d{1,2})(?::(\d{1,2}))?$/.exec(text) ?? /^(\d{1,2})(\d{2})$/.exec(text);
  if (!parts) return null;
  const hours = Number(parts[1]);
  const minutes = Number(parts[2] ?? 0);
  if (hours > 24 || minutes > 59 || (hours === 24 && minutes > 0)) return null;
  return clockOf(hours * 60 + minutes);
}

export function sortIntervals(intervals: readonly Interval[]): Interval[] {
  return [...intervals].sort((a, b) => (minutesOf(a[0]) ?? 0) - (minutesOf(b[0]) ?? 0));
}

/** An interval that ends before it begins runs into the next day (22:00–06:00); equal ends are a whole day. */
export function spanOf(interval: Interval): [number, number] | null {
  const from = minutesOf(interval[0]);
  const to = minutesOf(interval[1]);
  if (from === null || to === null || from === 1440) return null;
  return [from, to > from ? to : to + 1440];
}

export function overnight(interval: Interval): boolean {
  const span = spanOf(interval);
  return span !== null && span[1] > 1440;
}

/** Faults of one day's hours. Touching intervals are fine, crossing ones are not. */
export function checkDay(intervals: readonly Interval[]): DayFault[] {
  const faults: DayFault[] = [];
  const spans = intervals.map(spanOf);
  spans.forEach((span, index) => {
    if (!span) faults.push({ index, fault: "format" });
    else if (spans.some((other, at) => at < index && other && span[0] < other[1] && other[0] < span[1]))
      faults.push({ index, fault: "overlap" });
  });
  return faults;
}

export function checkWeek(weekly: Weekly): Partial<Record<Day, DayFault[]>> {
  const faults: Partial<Record<Day, DayFault[]>> = {};
  for (const day of DAYS) {
    const found = checkDay(weekly[day] ?? []);
    if (found.length) faults[day] = found;
  }
  return faults;
}

/** A sensible next interval: a full day when closed, else two hours after the last one ends. */
export function addInterval(intervals: readonly Interval[]): Interval[] {
  if (intervals.length === 0) return [["09:00", "18:00"]];
  const last = Math.max(...intervals.map((interval) => spanOf(interval)?.[1] ?? 0));
  const from = last + 60;
  if (from > 1380) return [...intervals];
  return [...intervals, [clockOf(from), clockOf(Math.min(from + 120, 1440))]];
}

/** Cuts a break out of the interval that holds it; leaves the day alone when none does. */
export function cutBreak(intervals: readonly Interval[], from = "12:00", to = "13:00"): Interval[] {
  const start = minutesOf(from) ?? 720;
  const end = minutesOf(to) ?? 780;
  return intervals.flatMap((interval): Interval[] => {
    const span = spanOf(interval);
    if (!span || span[0] >= start || span[1] <= end) return [interval];
    return [
      [interval[0], from],
      [to, interval[1]],
    ];
  });
}

export function canCutBreak(intervals: readonly Interval[]): boolean {
  return cutBreak(intervals).length > intervals.length;
}

export function copyDay(weekly: Weekly, source: Day, targets: readonly Day[]): Weekly {
  const hours = weekly[source] ?? [];
  const next: Weekly = { ...weekly };
  for (const day of targets) next[day] = hours.map(([a, b]) => [a, b]);
  return next;
}

export function openMinutes(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, interval) => {
    const span = spanOf(interval);
    return span ? sum + span[1] - span[0] : sum;
  }, 0);
}

export function weekMinutes(weekly: Weekly): number {
  return DAYS.reduce((sum, day) => sum + openMinutes(weekly[day] ?? []), 0);
}

export interface DayGroup {
  from: Day;
  to: Day;
  hours: Interval[];
}

/** Consecutive days with the same hours, for a one-line description. */
export function groupWeek(weekly: Weekly): DayGroup[] {
  const groups: DayGroup[] = [];
  for (const day of DAYS) {
    const hours = sortIntervals(weekly[day] ?? []);
    const last = groups[groups.length - 1];
    if (last && JSON.stringify(last.hours) === JSON.stringify(hours)) last.to = day;
    else groups.push({ from: day, to: day, hours });
  }
  return groups;
}

/** Day of the week of a calendar date, independent of the browser's zone. */
export function dayOf(date: string): Day {
  const parts = date.split("-").map(Number);
  const weekday = new Date(Date.UTC(parts[0] ?? 1970, (parts[1] ?? 1) - 1, parts[2] ?? 1)).getUTCDay();
  return DAYS[(weekday + 6) % 7] as Day;
}

export function addDays(date: string, days: number): string {
  const parts = date.split("-").map(Number);
  return new Date(Date.UTC(parts[0] ?? 1970, (parts[1] ?? 1) - 1, (parts[2] ?? 1) + days))
    .toISOString()
    .slice(0, 10);
}

/** Today's date in a zone, as the calendar's own people would write it. */
export function todayIn(timezone: string, at: Date = new Date()): string {
  try {
    return new Intl.DateTimeFormat("en-CA", {
      timeZone: timezone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    }).format(at);
  } catch {
    return at.toISOString().slice(0, 10);
  }
}

/** Blanks that make a list of dates fill whole weeks starting on Monday. */
export function leadingBlanks(firstDate: string): number {
  return DAYS.indexOf(dayOf(firstDate));
}

/** Sets, replaces or (hours undefined) removes the exception of one date, keeping the list in date order. */
export function putException(
  list: readonly CalendarException[],
  exception: CalendarException | { date: string; hours?: undefined },
): CalendarException[] {
  const rest = list.filter((item) => item.date !== exception.date);
  if (exception.hours === undefined) return rest;
  return [...rest, exception as CalendarException].sort((a, b) => a.date.localeCompare(b.date));
}

export const PRESETS: Record<"office" | "retail" | "always", Weekly> = {
  office: Object.fromEntries(
    DAYS.map((day, index) => [
      day,
      index < 5
        ? ([
            ["09:00", "12:00"],
            ["13:00", "18:00"],
          ] as Interval[])
        : [],
    ]),
  ) as Weekly,
  retail: Object.fromEntries(DAYS.map((day) => [day, [["09:00", "21:00"]] as Interval[]])) as Weekly,
  always: Object.fromEntries(DAYS.map((day) => [day, [["00:00", "24:00"]] as Interval[]])) as Weekly,
};
