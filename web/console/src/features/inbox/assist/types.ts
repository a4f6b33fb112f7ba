import type { Id } from "@/api/types";

export interface Suggestion {
  id: Id;
  kind: "faq" | "article";
  title: string;
  text: string;
  probability: number;
  rank: number;
  internal: boolean;
}

export interface AssistView {
  seq: number;
  question: string | null;
  suggestions: Suggestion[];
  articles: Suggestion[];
}

export interface SummaryView {
  seq: number;
  question: string | null;
  last: string | null;
  facts: { kind: string; value: string; seq: number }[];
  tried: { by: "bot" | "user"; text: string; title: string | null; seq: number; helpful: boolean | null }[];
  waiting_for: "agent" | "customer" | "nobody";
  can_write: boolean;
  text: string | null;
}

export interface WrapUpView {
  disposition: string | null;
  disposition_share: number;
  tags: string[];
  note: string;
  written: boolean;
  can_write: boolean;
  based_on: number[];
}

export interface SimilarView {
  conversation_id: Id;
  number: number;
  question: string;
  answer: string | null;
  answered_by: string | null;
  disposition: string | null;
  resolved_at: string | null;
  similarity: number;
}

export const sameSuggestions = (a: AssistView, b: AssistView): boolean =>
  a.question === b.question &&
  [...a.suggestions, ...a.articles].map((s) => s.id).join() ===
    [...b.suggestions, ...b.articles].map((s) => s.id).join();
