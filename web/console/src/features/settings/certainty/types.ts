import type { Iso } from "@/api/types";

export interface Settings {
  max_error: number;
  max_useless: number;
  enabled: boolean;
  automatic: boolean;
}

export interface Fit {
  version: number;
  at: Iso;
  state: "active" | "kept";
  current: boolean;
  a: number;
  b: number;
  plain: boolean;
  locales: string[];
  examples: number;
  reviewed: number;
  offers: number;
  loss_before: number | null;
  loss_after: number | null;
  made_by: string | null;
}

export interface KindCount {
  kind: string;
  strong: boolean;
  weight: number;
  right: number;
  wrong: number;
  useful: number;
  useless: number;
}

export interface Point {
  coverage: number;
  threshold: number;
  predicted: number;
  count: number;
  measured: number | null;
  bound: number | null;
}

export interface Bin {
  low: number;
  high: number;
  count: number;
  said: number;
  right: number;
  at_least: number;
  at_most: number;
}

export interface Outlook {
  accepted: number;
  threshold: number;
  shown: boolean;
  answered: number;
  offered: number;
  neither: number;
}

export interface Certainty {
  settings: Settings;
  active: Fit | null;
  applies: boolean;
  confidence: number;
  fewest: number;
  reviewed: number;
  right: number;
  wrong: number;
  waiting: number;
  offers: number;
  labelled: number;
  unlabelled: number;
  days: number;
  questions: number;
  kinds: KindCount[];
  basis: "reviewed" | "all" | "none";
  curve: Point[];
  bins: Bin[];
  answers: Outlook[];
  choices: Outlook[];
}

export interface Review {
  question_id: string;
  conversation_id: string;
  number: number;
  at: Iso;
  locale: string;
  channel: string;
  before: string | null;
  question: string;
  text_id: string;
  kind: string;
  title: string;
  text: string;
  /** An agent has said that it was wrong; not drawn by lot. */
  marked: boolean;
}

export interface Queue {
  items: Review[];
  waiting: number;
  judged: number;
}
