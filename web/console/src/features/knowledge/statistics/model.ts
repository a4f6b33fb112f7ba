/** What becomes of texts, as the API tells it, and how it is drawn. Pure. */
import type { Id, Iso } from "@/api/types";

export const COUNTERS = [
  "views",
  "cards",
  "inserted",
  "answered",
  "offered",
  "chosen",
  "handed_over",
  "useful",
  "useless",
] as const;
export type Counter = (typeof COUNTERS)[number];

export interface Figures extends Record<Counter, number> {
  reads: number;
  handover_rate: number | null;
  useful_rate: number | null;
}

export interface TextFigures extends Figures {
  id: Id;
  source: "faq" | "article";
  locale: string;
  title: string;
  status: string;
  category_id: Id | null;
  trend: number[];
}

export interface DayFigures extends Figures {
  day: string;
}

export interface Summary {
  since: string;
  until: string;
  total: Figures;
  previous: Figures;
  days: DayFigures[];
  published: number;
  unread: number;
  searches: number;
  misses: number;
}

export interface Miss {
  words: string;
  locale: string;
  count: number;
  last_at: Iso;
}

export interface Case {
  conversation_id: Id;
  number: number;
  status: string;
  customer: string;
  preview: string;
  at: Iso;
}

export interface Opinion {
  helpful: boolean;
  reason: string | null;
  comment: string;
  at: Iso;
}

export type Kind = "answered" | "handed_over" | "chosen" | "offered" | "inserted";
export const KINDS: Kind[] = ["handed_over", "answered", "chosen", "offered", "inserted"];

export type Only = "read" | "unread" | "handed_over" | "disliked";
export const ONLY: Only[] = ["unread", "handed_over", "disliked", "read"];

export interface Stretch {
  since: string;
  until: string;
}

/** The points of a small line in a box of `width` by `height`; flat at the bottom when nothing happened. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const top = Math.max(...values, 1);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, index) => `${round(index * step)},${round(height - 1 - (value / top) * (height - 2))}`)
    .join(" ");
}

const round = (value: number) => Math.round(value * 10) / 10;

/** Change against the stretch before, in percent; null when there was nothing. */
export function change(now: number, before: number): number | null {
  return before === 0 ? null : Math.round(((now - before) / before) * 100);
}

/** `3-15`: month and day of an ISO date, as short as an axis wants it. */
export function shortDay(day: string): string {
  const [, month, date] = day.split("-");
  return `${Number(month)}-${Number(date)}`;
}
