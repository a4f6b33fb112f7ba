import type { Id, Iso } from "@/api/types";

export const KNOWLEDGE = ["live", "scheduled", "drafts", "at"] as const;
export const VERDICTS = [
  "wrong",
  "false_answer",
  "missed",
  "false_choices",
  "offered",
  "right",
  "silent",
] as const;
export type Verdict = (typeof VERDICTS)[number];
export type Expects = "texts" | "none" | "flow";

export interface Config {
  knowledge: (typeof KNOWLEDGE)[number] | "import";
  at?: Iso | null;
  max_error?: number | null;
  model: boolean;
}

export interface TextRef {
  id: Id;
  kind: "faq" | "article" | null;
  title: string | null;
  status: string | null;
}

export interface Shares {
  cases: number;
  good: number;
  in_scope: number;
  answered: number;
  answered_right: number;
  out_of_scope: number;
  false_answers: number;
  accuracy: number | null;
  accuracy_interval: [number, number] | null;
  right_of_answered: number | null;
  right_of_answered_interval: [number, number] | null;
  coverage: number | null;
  recall_1: number | null;
  recall_5: number | null;
  false_answer_rate: number | null;
  handoff_rate: number | null;
}

export interface Figures extends Shares {
  verdicts: Partial<Record<Verdict, number>>;
  by_locale: Record<string, Shares>;
  by_space: Record<string, Shares>;
  reliability: { from: number; cases: number; said: number | null; right: number | null }[];
  curve: { coverage: number; error: number; from: number }[];
  ms_p50: number | null;
  ms_p99: number | null;
}

export interface Run {
  id: Id;
  set_id: Id;
  purpose: "manual" | "gate";
  name: string;
  config: Config;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  texts: number | null;
  figures: Figures | null;
  error: string | null;
  created_at: Iso;
  finished_at: Iso | null;
}

export interface TestSet {
  id: Id;
  name: string;
  description: string;
  gate: boolean;
  cases: number;
  in_scope: number;
  out_of_scope: number;
  updated_at: Iso;
  last: Run | null;
}

export interface Source {
  kind: "written" | "conversation" | "vote" | "assist" | "phrasing" | "file";
  conversation_id?: Id | null;
  message_id?: Id | null;
  faq_id?: Id | null;
}

export interface Case {
  id: Id;
  set_id: Id;
  question: string;
  context: string | null;
  locale: "zh-CN" | "en";
  channel: string;
  reader: "public" | "customers" | "internal";
  expects: Expects;
  expected: TextRef[];
  flow: string | null;
  note: string;
  source: Source;
  gone: boolean;
}

export interface Found {
  id: Id;
  kind: string | null;
  title: string | null;
  matched: string | null;
  probability: number;
  live: boolean;
}

export interface Result {
  case_id: Id;
  position: number;
  question: string;
  context: string | null;
  locale: string;
  reader: string;
  expects: Expects;
  expected: TextRef[];
  flow: string | null;
  decision: string;
  given: TextRef[];
  given_flow: string | null;
  verdict: Verdict;
  rank: number | null;
  probability: number;
  found: Found[];
  why: { action?: string; threshold?: number; present?: number; rewritten?: string; written?: boolean };
  ms: number;
}

export interface Sign {
  better: number;
  worse: number;
  p: number;
  says: "nothing" | "chance" | "likely" | "sure";
}

export interface Comparison {
  before: Run;
  after: Run;
  common: number;
  only_before: number;
  only_after: number;
  regressions: number;
  improvements: number;
  sign: Sign;
}

export interface Pair {
  before: Result;
  after: Result;
  change: number;
  mend: Id | null;
}

export interface GateSettings {
  mode: "off" | "warn" | "block";
  from_texts: number;
  max_regressions: number;
  tolerance: number;
}

export interface Check {
  id: Id;
  import_id: Id;
  state: "running" | "passed" | "failed" | "broken";
  done: number;
  total: number;
  pairs: {
    set_id: Id;
    set_name: string;
    before: Id;
    after: Id;
    regressions: number;
    improvements: number;
    refused: "regressions" | "fall" | null;
  }[];
  passes: boolean;
  may_override: boolean;
  override_reason: string | null;
}

export interface Shadow {
  id: Id;
  name: string;
  config: Config;
  share: number;
  most: number;
  per_minute: number;
  ends_at: Iso;
  state: "running" | "ended" | "adopted";
  skipped: number;
  created_at: Iso;
  ended_at: Iso | null;
  figures: {
    questions: number;
    agree: number;
    live_answered: number;
    candidate_answered: number;
    open: number;
    favour_live: number;
    favour_candidate: number;
    favour_neither: number;
    ms_p50: number | null;
    sign: Sign;
  } | null;
}

export interface Side {
  decision: string;
  given: TextRef[];
  flow: string | null;
  probability: number;
}

export interface ShadowAnswer {
  message_id: Id;
  conversation_id: Id | null;
  at: Iso;
  question: string | null;
  live: Side;
  candidate: Side;
  agrees: boolean;
  outcome: string;
  favours: "live" | "candidate" | "neither";
  ms: number;
}

export interface Proposal {
  question: string;
  context: string | null;
  locale: "zh-CN" | "en";
  channel: string;
  reader: "public" | "customers" | "internal";
  options: { id: Id; kind: "faq" | "article"; title: string; because: string }[];
  because: string | null;
  source: Source;
}

/** A flow in the list of flows. */
export interface FlowItem {
  key: string;
  name: Record<string, string>;
  published: number | null;
}
