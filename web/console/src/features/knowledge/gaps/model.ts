/** Knowledge gaps, as the API tells them, and how they are drawn. Pure. */
import type { Id, Iso } from "@/api/types";

export type Stage = "open" | "drafted" | "answered" | "dismissed";
export const STAGES: Stage[] = ["open", "drafted", "answered", "dismissed"];
export type SortKey = "cost" | "count" | "growth" | "recent";
export const SORTS: SortKey[] = ["cost", "count", "growth", "recent"];
export type Reason = "rare" | "not_ours" | "elsewhere" | "person" | "other";
export const REASONS: Reason[] = ["rare", "not_ours", "elsewhere", "person", "other"];
export type Verdict = "too_early" | "fell" | "rose" | "no_change";

export interface TextRef {
  id: Id;
  source: "faq" | "article";
  title: string;
  status: "draft" | "review" | "scheduled" | "published" | "archived";
  locale: string;
}

export interface GapFigures {
  count: number;
  asked: number;
  handed_over: number;
  minutes: number;
  cost: number | null;
  csat: number | null;
}

export interface Effect {
  verdict: Verdict;
  published_at: Iso;
  days: number;
  before: number;
  after: number;
  asked_before: number;
  asked_after: number;
  ratio: number | null;
  low: number | null;
  high: number | null;
  by_day_before: number[];
  by_day_after: number[];
}

export interface Gap {
  id: Id;
  name: string;
  named_by: "question" | "model" | "person";
  status: Stage;
  figures: GapFigures;
  trend: number[];
  last_at: Iso;
  text: TextRef | null;
  elsewhere: TextRef | null;
  dismissed_at: Iso | null;
  dismiss_reason: Reason | null;
  dismiss_note: string;
  returned_at: Iso | null;
  drafted_at: Iso | null;
  published_at: Iso | null;
  effect: Effect | null;
}

export interface Share {
  name: string;
  count: number;
}

export interface GapDetail extends Gap {
  kinds: Share[];
  channels: Share[];
  locales: Share[];
  near: { text: TextRef; probability: number }[];
}

export interface GapSummary {
  open: number;
  drafted: number;
  answered: number;
  dismissed: number;
  returned: number;
  questions: number;
  handed_over: number;
  minutes: number;
  cost: number | null;
  currency: string;
  hourly_cost: number | null;
  channels: string[];
}

export interface CaseLink {
  id: Id;
  number: number;
  status: string;
  customer: string;
}

export interface Question {
  id: Id;
  kind: string;
  text: string;
  channel: string;
  locale: string;
  asked_at: Iso;
  times: number;
  outcome: "people" | "open" | "bot" | "search";
  minutes: number;
  score: number | null;
  conversation: CaseLink | null;
}

export interface Answer {
  text: string;
  centrality: number;
  at: Iso;
  titles: string[];
  conversation: CaseLink | null;
  used: boolean;
}

export interface Stretch {
  since: string;
  until: string;
}

/** Whether a whole day has passed since the answer went live: before, both stretches are empty and say nothing. */
export const comparable = (effect: Pick<Effect, "days">): boolean => effect.days > 0;

/** Change from before to after in percent; null where there was nothing before. */
export function fall(effect: Pick<Effect, "before" | "after">): number | null {
  return effect.before === 0 ? null : Math.round(((effect.after - effect.before) / effect.before) * 100);
}

/** A number of a short series gathered into at most `points` steps, for a small plot of two stretches beside each other. */
export function gathered(days: readonly number[], points: number): number[] {
  if (days.length <= points) return [...days];
  const step = Math.ceil(days.length / points);
  const found = Array.from({ length: Math.ceil(days.length / step) }, () => 0);
  days.forEach((value, index) => {
    found[Math.floor(index / step)]! += value;
  });
  return found;
}
