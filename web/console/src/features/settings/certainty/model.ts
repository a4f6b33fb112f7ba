import type { Certainty, Outlook, Point } from "./types";

export type Standing = "off" | "stale" | "shipped" | "fitted" | "measured" | "unshown";

/** Where the thresholds in force come from. */
export function standing(data: Certainty): Standing {
  if (!data.settings.enabled) return "off";
  if (!data.active) return "shipped";
  if (!data.applies) return "stale";
  if (data.active.reviewed < data.fewest) return "fitted";
  return outlookFor(data.answers, data.settings.max_error)?.shown ? "measured" : "unshown";
}

/** What was reckoned for the setting nearest to this one. */
export function outlookFor(outlooks: Outlook[], accepted: number): Outlook | undefined {
  return outlooks.reduce<Outlook | undefined>(
    (best, one) =>
      !best || Math.abs(one.accepted - accepted) < Math.abs(best.accepted - accepted) ? one : best,
    undefined,
  );
}

/** The point of the curve the bot works at: the first that covers the share it answers. */
export function workingAt(curve: Point[], answered: number): number {
  if (curve.length === 0 || answered <= 0) return -1;
  const at = curve.findIndex((point) => point.coverage >= answered - 1e-9);
  return at === -1 ? curve.length - 1 : at;
}

/** A share as a figure of an axis in percent; what is not known stays unknown. */
export function points(share: number | null): number | null {
  return share === null ? null : Math.round(share * 1000) / 10;
}
