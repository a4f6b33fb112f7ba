/** What `/sla` answers and takes. */
import type { Id, Iso } from "@/api/types";
import type { Group } from "../kit/conditions";

export const KINDS = ["first_response", "next_response", "resolution"] as const;
export type Kind = (typeof KINDS)[number];
export const PRIORITIES = [3, 2, 1, 0] as const;

export interface Target {
  business: boolean;
  /** Low, normal, high, urgent; null promises nothing. */
  minutes: (number | null)[];
}

export interface When {
  at: "percent" | "before" | "after";
  value: number;
}
export type Action =
  | { do: "notify"; whom: "assignee" | "lead" | "department"; role: string }
  | { do: "reassign"; department_id: Id }
  | { do: "raise_priority"; to: number | null }
  | { do: "escalate" };
export interface Step {
  id: string;
  when: When;
  kinds: Kind[];
  action: Action;
}

export type Subject = "ticket" | "conversation";

export interface PolicyBody {
  subject: Subject;
  name: string;
  description: string;
  active: boolean;
  conditions: Group | null;
  targets: Partial<Record<Kind, Target>>;
  calendar_id: Id | null;
  pause_on: ("pending" | "on_hold")[];
  ladder: Step[];
}

export interface Policy extends PolicyBody {
  id: Id;
  position: number;
  revision: number;
  open_clocks: number;
  updated_at: Iso;
}

export interface Reason {
  key: string;
  label: Partial<Record<"zh-CN" | "en", string>>;
}

export interface PreviewAnswer {
  ticket: {
    id: Id;
    ref: string;
    title: string;
    applies: boolean;
    taken_by: string | null;
    promises: { kind: Kind; target_s: number; business: boolean; due_at: Iso | null }[];
  } | null;
  looked_at: number;
  matched: number;
  promises: number;
  missed: { id: Id; ref: string; title: string; kind: Kind; target_s: number; took_s: number }[];
}

export interface BreachReport {
  kept: number;
  broken: number;
  groups: {
    policy_id: Id | null;
    policy: string | null;
    kind: Kind;
    reason_key: string | null;
    count: number;
  }[];
  items: {
    id: Id;
    subject: Subject;
    subject_id: Id;
    ref: string;
    title: string;
    kind: Kind;
    policy: string | null;
    breached_at: Iso;
    met_at: Iso | null;
    target_s: number;
    elapsed_s: number;
    reason_key: string | null;
    reason_text: string | null;
  }[];
  next_cursor: string | null;
  reasons: Reason[];
}
