import type { Id, Iso } from "@/api/types";
import type { Condition } from "../../settings/kit/conditions";
import type { Option, Person, StateView, Text, TicketCustomer, TicketStatus, WaitingOn } from "../types";

export type SortKey = "updated" | "created" | "due" | "next_due" | "priority" | "number" | "customer_wrote";
export interface Sort {
  by: SortKey;
  descending: boolean;
}
export type Display = "table" | "kanban" | "calendar";
export type Scope = "own" | "department" | "everyone";

export interface ViewBody {
  filter: Condition;
  sort: Sort;
  columns: string[];
  group: string | null;
  display: Display;
  board: "status" | "state";
}

export interface View {
  id: Id;
  name: string;
  shipped: string | null;
  /** Somebody gave a shipped view a name of its own. */
  renamed: boolean;
  scope: Scope;
  owner: string | null;
  department_id: Id | null;
  department: string | null;
  position: number;
  body: ViewBody;
  revision: number;
  may_edit: boolean;
}

export interface Hit {
  place: string;
  snippet: string;
  spans: [number, number][];
}

export interface Row {
  id: Id;
  number: number;
  ref: string;
  type: { id: Id; key: string; name: Text; icon: string; prefix: string; revision: number };
  title: string;
  status: TicketStatus;
  state: StateView;
  priority: number;
  tier: number;
  source: string;
  channel: string | null;
  customer: TicketCustomer | null;
  requester: Person | null;
  assignee: Person | null;
  department: { id: Id; name: string } | null;
  tags: string[];
  waiting_on: WaitingOn | null;
  due_at: Iso | null;
  next_due_at: Iso | null;
  next_due_kind: string | null;
  breached: boolean;
  rating: number | null;
  version: number;
  reopened: number;
  created_at: Iso;
  updated_at: Iso;
  first_response_at: Iso | null;
  customer_wrote_at: Iso | null;
  solved_at: Iso | null;
  closed_at: Iso | null;
  merged: boolean;
  fields: Record<string, unknown>;
  hits: Hit[] | null;
}

export interface ListPage {
  items: Row[];
  next_cursor: string | null;
  columns: string[];
  sort: Sort;
  names: Record<string, string>;
}

export interface Counted {
  count: number;
  more: boolean;
}

export interface GroupView {
  value: unknown;
  label: Text | null;
  count: number;
  rows: ListPage | null;
}

export interface FactInfo {
  path: string;
  kind: string;
  field: string | null;
  label: Text;
  options: Option[];
  currency?: string | null;
  types: string[];
  group: boolean;
  filter: boolean;
  column: boolean;
}

/** Which tickets are asked for. */
export interface Asked {
  filter: Condition;
  q?: string;
  group?: { by: string; value: unknown };
}

export interface Bulk {
  id: Id;
  job_id: Id | null;
  state: "collecting" | "running" | "done" | "undoing" | "undone";
  total: number;
  waiting: number;
  changed: number;
  same: number;
  skipped: number;
  restored: number;
  kept: number;
  may_undo: boolean;
}

export interface BulkItem {
  ticket_id: Id;
  ref: string;
  title: string;
  state: string;
  why: string | null;
}

export interface Export {
  id: Id;
  format: string;
  name: string;
  state: "queued" | "running" | "done" | "failed" | "expired";
  rows: number;
  size: number | null;
  url: string | null;
  created_at: Iso;
}
