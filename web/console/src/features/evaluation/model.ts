/** What the screens of evaluation reckon for themselves. */
import type { T } from "@/app/i18n";
import { absoluteTime, type Locale, percent } from "@/lib/format";
import type { Config, Figures, Run, Verdict } from "./types";

export const TONES: Record<Verdict, "ok" | "wait" | "breach"> = {
  right: "ok",
  silent: "ok",
  offered: "wait",
  missed: "wait",
  false_choices: "wait",
  wrong: "breach",
  false_answer: "breach",
};

/** A configuration in a few words: what it knows, and what it sets apart from the bot's own settings. */
export function inWords(config: Config, t: T, locale: Locale): string {
  const parts = [
    config.knowledge === "at" && config.at
      ? t("config.asOf", { at: absoluteTime(config.at, locale) })
      : t(`config.${config.knowledge}`),
  ];
  if (config.max_error) parts.push(t("config.error", { share: percent(config.max_error, locale) }));
  if (config.model) parts.push(t("config.withModel"));
  return parts.join(" · ");
}

/** A share, or a dash of nothing. */
export function share(value: number | null | undefined, locale: Locale): string {
  return value === null || value === undefined ? "–" : percent(value, locale);
}

export function interval(value: [number, number] | null, locale: Locale): string | null {
  return value ? `${percent(value[0], locale)} – ${percent(value[1], locale)}` : null;
}

export const going = (run: Run | undefined) => run?.state === "queued" || run?.state === "running";

/** The figures of two runs that people compare, in percent; `lower` ones are better when they fall. */
export const COMPARED = [
  { key: "accuracy", lower: false },
  { key: "coverage", lower: false },
  { key: "right_of_answered", lower: false },
  { key: "recall_1", lower: false },
  { key: "recall_5", lower: false },
  { key: "false_answer_rate", lower: true },
  { key: "handoff_rate", lower: true },
] as const;

export function moved(before: Figures | null, after: Figures | null, key: (typeof COMPARED)[number]["key"]) {
  const old = before?.[key];
  const now = after?.[key];
  return old === null || old === undefined || now === null || now === undefined ? null : now - old;
}

/** Steps of about a tenth of the questions along a curve, for an axis that can be read. */
export function steps<P extends { coverage: number }>(points: readonly P[], count = 20): P[] {
  const wanted = Array.from({ length: count }, (_, n) => (n + 1) / count);
  const found: P[] = [];
  for (const target of wanted) {
    const point = points.find((one) => one.coverage >= target - 1e-9);
    if (point && found.at(-1) !== point) found.push(point);
  }
  return found;
}
