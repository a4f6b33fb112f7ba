/** What a ticket type is made of, as the API speaks it. */
import type { Id, Iso } from "@/api/types";
import type { Condition } from "../kit/conditions";

export type { Condition } from "../kit/conditions";

export type Lang = "zh-CN" | "en";
export type Words = Partial<Record<Lang, string>>;
export const STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"] as const;
export type Status = (typeof STATUSES)[number];
export const KINDS = [
  "text",
  "long_text",
  "number",
  "money",
  "date",
  "moment",
  "yes_no",
  "choice",
  "choices",
  "cascade",
  "person",
  "customer",
  "order",
  "phone",
  "email",
  "file",
  "table",
] as const;
export type Kind = (typeof KINDS)[number];
export const COLUMN_KINDS = ["text", "number", "money", "date", "yes_no"] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];
export type Side = "customer" | "staff";

export interface Option {
  key: string;
  label: Words;
  children: Option[];
}

export interface Column {
  key: string;
  label: Words;
  kind: ColumnKind;
}

export interface FieldSpec {
  key: string;
  kind: Kind;
  label: Words;
  help: Words;
  required: boolean;
  required_when: Condition | null;
  shown_when: Condition | null;
  default: unknown;
  options: Option[];
  columns: Column[];
  minimum: number | null;
  maximum: number | null;
  pattern: string | null;
  currency: string;
  sides: Side[];
  view_roles: string[];
  edit_roles: string[];
  searchable: boolean;
}

export interface State {
  key: string;
  label: Words;
  status: Status;
}

export type Effect =
  | { do: "task"; department_id: Id; title: Words; within_hours: number | null }
  | { do: "assign"; department_id: Id | null; to: "nobody" | "whoever_moves" | "creator" }
  | { do: "set"; field: string; value: unknown }
  | { do: "tell_customer"; text: Words };

export type Who = "staff" | "assignee" | "customer";

export interface Transition {
  key: string;
  label: Words;
  from_states: string[];
  to: string;
  by: Who[];
  roles: string[];
  when: Condition | null;
  require: string[];
  require_comment: boolean;
  approval: boolean;
  effects: Effect[];
}

export interface Workflow {
  initial: string;
  states: State[];
  transitions: Transition[];
}

export interface Tier {
  tier: number;
  department_id: Id | null;
  skill_id: Id | null;
  level: number;
}

export interface Routing {
  department_id: Id | null;
  strategy: "nobody" | "creator" | "least_loaded" | "round_robin";
  tiers: Tier[];
}

export interface ApprovalStep {
  label: Words;
  roles: string[];
  above_minor: number | null;
  needs: "one" | "all";
}

export interface ApprovalRule {
  amount_field: string | null;
  order: "sequence" | "parallel";
  expires_hours: number;
  steps: ApprovalStep[];
}

export interface Definition {
  name: Words;
  description: Words;
  icon: string;
  prefix: string;
  priority: number;
  open_to_customers: boolean;
  fields: FieldSpec[];
  workflow: Workflow;
  routing: Routing;
  approval: ApprovalRule | null;
  close_after_hours: number | null;
}

/** `in_use`: how many tickets stand in each state, by its key. */
export interface TicketType {
  id: Id;
  key: string;
  definition: Definition;
  revision: number;
  position: number;
  active: boolean;
  tickets: number | null;
  in_use: Record<string, number> | null;
  updated_at: Iso;
}

export interface TypeSummary {
  id: Id;
  key: string;
  name: Words;
  description: Words;
  icon: string;
  prefix: string;
  active: boolean;
  open_to_customers: boolean;
  position: number;
  revision: number;
  tickets: number;
}
