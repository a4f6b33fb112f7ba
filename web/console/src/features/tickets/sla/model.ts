/** What a clock shows: pure, so that lists and panels cannot disagree. */
import type { Clock } from "./types";

export type Tone = "calm" | "soon" | "late" | "paused" | "kept";

/** Closer than this, or past three quarters of the time, a promise asks for attention. */
export const SOON_S = 15 * 60;

export function toneOf(
  clock: { dueAt: string | null; breached: boolean; paused: boolean; startedAt?: string | null },
  now: number,
): Tone {
  if (clock.breached) return "late";
  if (clock.paused || !clock.dueAt) return "paused";
  const due = Date.parse(clock.dueAt);
  const left = (due - now) / 1000;
  if (left < 0) return "late";
  if (left <= SOON_S) return "soon";
  return share(clock.startedAt ?? null, clock.dueAt, now) >= 0.75 ? "soon" : "calm";
}

/** How much of the way to the due time has passed, 0 to 1; 0 where nobody knows when it began. */
export function share(startedAt: string | null, dueAt: string | null, now: number): number {
  if (!startedAt || !dueAt) return 0;
  const from = Date.parse(startedAt);
  const to = Date.parse(dueAt);
  if (!(to > from)) return 1;
  return Math.min(1, Math.max(0, (now - from) / (to - from)));
}

export function toneOfClock(clock: Clock, now: number): Tone {
  if (clock.state === "met" || clock.state === "cancelled") return clock.breached_at ? "late" : "kept";
  return toneOf(
    {
      dueAt: clock.due_at,
      breached: clock.state === "breached",
      paused: clock.state === "paused",
      startedAt: clock.started_at,
    },
    now,
  );
}

/** The share of the promised time that is used up, by the clock's own count. */
export function usedShare(clock: Clock): number {
  return clock.target_s > 0 ? Math.min(1, clock.elapsed_s / clock.target_s) : 1;
}

/** Open clocks first, the one that runs out first on top; then what is over, newest first. */
export function inOrder(clocks: Clock[]): Clock[] {
  const open = (clock: Clock) => clock.met_at === null && clock.state !== "cancelled";
  const at = (clock: Clock) => (clock.due_at ? Date.parse(clock.due_at) : Number.MAX_SAFE_INTEGER);
  return [...clocks].sort((a, b) => {
    if (open(a) !== open(b)) return open(a) ? -1 : 1;
    return open(a) ? at(a) - at(b) : Date.parse(b.started_at) - Date.parse(a.started_at);
  });
}
