import type { Id, Iso } from "@/api/types";
import type { FieldSpec, Text } from "../types";

export type SubjectKind = "ticket" | "conversation";
export type StepType =
  | "instruction"
  | "check"
  | "choice"
  | "form"
  | "script"
  | "evidence"
  | "timer"
  | "action"
  | "read"
  | "branch"
  | "procedure"
  | "end";

export interface EvidenceItem {
  kind: "file" | "image" | "text" | "link";
  file_id?: Id;
  name?: string;
  url?: string;
  thumb_url?: string | null;
  text?: string;
}

/** A step as in the document. */
export interface Step {
  id: string;
  type: StepType;
  title?: Text;
  text?: Text;
  next?: string;
  optional?: boolean;
  note?: string;
  expect?: boolean;
  value?: FieldSpec;
  passes?: unknown;
  failed?: string;
  options?: { key: string; label: Text; next?: string; words?: Record<string, string[]> }[];
  fields?: FieldSpec[];
  say?: Text;
  accept?: EvidenceItem["kind"][];
  at_least?: number;
  at_most?: number;
  action?: Record<string, unknown> & { do: string };
  article?: string;
  faq?: string;
  search?: Text;
  url?: string;
  cases?: { when: unknown; next: string }[];
  procedure?: string;
  outcome?: string;
  label?: Text;
  good?: boolean;
}

export interface StepView {
  id: string;
  type: StepType;
  step: Step;
  text: string;
  title: string;
  say: Record<string, string> | null;
  say_locale: string | null;
  missing: string[];
  before: Record<string, unknown> | null;
  ready_at: Iso | null;
  late_at: Iso | null;
  can_send: boolean;
  within: Text[];
}

export interface StepLine {
  seq: number;
  act: string;
  step: string | null;
  title: Text;
  type: StepType | null;
  procedure: Text;
  answer: { items?: EvidenceItem[] } & Record<string, unknown>;
  shown: string;
  note: string;
  deviation: string | null;
  reason: string | null;
  done: Record<string, unknown> | null;
  by: string;
  entered_at: Iso;
  left_at: Iso;
  to_step: string | null;
  undone: boolean;
}

export interface RunSummary {
  id: Id;
  procedure_id: Id;
  key: string;
  name: Text;
  number: number;
  subject_kind: SubjectKind;
  subject_id: Id;
  subject: string;
  state: "active" | "paused" | "finished" | "stopped";
  step: string | null;
  step_title: Text | null;
  outcome: Text | null;
  good: boolean | null;
  owner: { id: Id; name: string } | null;
  start_reason: string;
  deviations: number;
  version: number;
  started_at: Iso;
  entered_at: Iso;
  ended_at: Iso | null;
}

export interface RunView extends RunSummary {
  done: number;
  left: number;
  current: StepView | null;
  history: StepLine[];
  others: { id: Id; name: string }[];
  steps: Record<string, Text>;
  may: boolean;
}

export interface Suggestion {
  id: Id;
  key: string;
  name: Text;
  description: Text | null;
  score: number;
  why: { kind: string; what: string }[];
  steps: number;
}

export interface ForSubject {
  runs: RunSummary[];
  suggestions: Suggestion[];
  startable: Suggestion[];
  may: boolean;
}

/** What a person does at a step. */
export interface Act {
  act: "answer" | "skip" | "against" | "jump";
  answer?: Record<string, unknown>;
  reason?: string;
  to?: string;
  note?: string;
  send?: boolean;
}
