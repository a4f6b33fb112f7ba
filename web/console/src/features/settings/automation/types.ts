import type { Id, Iso } from "@/api/types";
import type { Condition } from "../kit/conditions";

export type Subject = "ticket" | "conversation" | "none";
export type LocaleName = "zh-CN" | "en";
export type Texts = Partial<Record<LocaleName, string>>;

export interface EventTrigger {
  kind: "event";
  event: string;
  field?: string | null;
  before?: unknown[];
  after?: unknown[];
  by?: string[];
  public?: boolean | null;
}
export interface TimeTrigger {
  kind: "time";
  since: "created" | "customer_message" | "staff_reply" | "status_change" | "due";
  minutes: number;
  before?: boolean;
  clock?: "wall" | "business";
  calendar_id?: Id | null;
  statuses?: string[];
}
export interface ScheduleTrigger {
  kind: "schedule";
  every: "day" | "week" | "month";
  weekdays?: number[];
  day?: number;
  time: string;
  timezone?: string;
}
export type Trigger = EventTrigger | TimeTrigger | ScheduleTrigger;

export type When = { kind: "builder"; condition: Condition } | { kind: "cel"; source: string };

export interface Action {
  do: string;
  [key: string]: unknown;
}

export interface Fault {
  where: string;
  code: string;
  message: string;
}

export interface RuleBody {
  name: string;
  description: string;
  subject: Subject;
  trigger: Trigger;
  condition: When | null;
  actions: Action[];
  stop: boolean;
  enabled: boolean;
  active_from: Iso | null;
  active_until: Iso | null;
  revision?: number;
}

export interface Rule extends RuleBody {
  id: Id;
  key: string | null;
  position: number;
  revision: number;
  updated_at: Iso;
  updated_by: string | null;
  faults: Fault[];
  daily: number[];
  last_run_at: Iso | null;
  failed: number;
  next_at: Iso | null;
}

export interface FactView {
  path: string;
  label: string;
  kind: "text" | "number" | "yes_no" | "choice" | "list" | "moment" | "id";
  options: { value: string | number; label: string }[];
}

export interface Catalogue {
  events: Record<string, { key: string; label: string; narrows: string[] }[]>;
  facts: Record<string, FactView[]>;
  actions: Record<string, string[]>;
  variables: { name: string; label: string }[];
  mail: boolean;
  procedures: { key: string; name: string }[];
  types: { key: string; name: string }[];
}

export interface Reason {
  fact?: string;
  op?: string;
  value?: unknown;
  seen?: unknown;
  expression?: string;
  limit?: "depth" | "rate";
  most?: number;
  message?: string;
  match?: string;
}

export interface Run {
  id: Id;
  rule_id: Id;
  rule: string;
  revision: number;
  subject: Subject;
  subject_id: Id;
  object: string | null;
  trigger: string;
  outcome: "done" | "unmatched" | "failed" | "limited";
  reason: Reason | null;
  actions: { do: string; text: string; fault: string | null; ticket: string | null }[];
  chain_id: Id;
  depth: number;
  milliseconds: number;
  at: Iso;
}

export interface DryRun {
  state: "queued" | "running" | "done" | "failed";
  done: number;
  total: number | null;
  result: {
    looked: number;
    matched: number;
    unmatched: number;
    faulty: number;
    objects: number;
    cut: boolean;
    reasons: { what: string; count: number }[];
    rows: {
      at: Iso;
      subject: Subject;
      subject_id: Id;
      object: string | null;
      link: string;
      verdict: "matched" | "faulty";
      lines: string[];
    }[];
  } | null;
}

export interface Version {
  revision: number;
  changes: string[];
  changed_at: Iso;
  changed_by: string | null;
  body: RuleBody;
}
