export interface SnoozeChoice {
  key: "hour" | "three_hours" | "evening" | "tomorrow" | "monday" | "week";
  until: Date;
}

const at = (base: Date, days: number, hour: number) =>
  new Date(base.getFullYear(), base.getMonth(), base.getDate() + days, hour, 0, 0);

/** Sensible moments from now on; those that are past or the same as another are left out. */
export function snoozeChoices(now: Date): SnoozeChoice[] {
  const monday = ((8 - now.getDay()) % 7 || 7) as number;
  const choices: SnoozeChoice[] = [
    { key: "hour", until: new Date(now.getTime() + 3_600_000) },
    { key: "three_hours", until: new Date(now.getTime() + 3 * 3_600_000) },
    { key: "evening", until: at(now, 0, 18) },
    { key: "tomorrow", until: at(now, 1, 9) },
    { key: "monday", until: at(now, monday, 9) },
    { key: "week", until: at(now, 7, 9) },
  ];
  const seen = new Set<number>();
  return choices.filter((c) => {
    const fresh = c.until.getTime() > now.getTime() + 30 * 60_000 && !seen.has(c.until.getTime());
    seen.add(c.until.getTime());
    return fresh;
  });
}
