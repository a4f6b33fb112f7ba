import type { VersionEntry } from "../types";

const KEPT = ["drafted", "restored"];

/** The version to hold another against: of what was published what was live before, not the draft it was published from. */
export function earlier(worded: VersionEntry[], number: number | null): number | null {
  const at = worded.findIndex((row) => row.number === number);
  if (at < 0) return null;
  let before = at + 1;
  if (worded[at]?.step === "published")
    while (KEPT.includes(worded[before]?.step ?? "") && before + 1 < worded.length) before++;
  return worded[before]?.number ?? null;
}
