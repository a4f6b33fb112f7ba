import type { Id, Iso } from "@/api/types";
import type { Money, Text, TicketStatus } from "../types";

export interface Named {
  id: Id;
  /** None: not there any more. */
  name: string | null;
}

export type TaskState = "waiting" | "doing" | "done" | "returned" | "cancelled";

export interface Task {
  id: Id;
  ticket: { id: Id; number: number; ref: string; title: string; status: TicketStatus; priority: number };
  title: string;
  details: string;
  department: Named;
  assignee: Named | null;
  due_at: Iso | null;
  overdue: boolean;
  blocking: boolean;
  state: TaskState;
  result: string;
  reason: string;
  created_by: Named | null;
  created_at: Iso;
  accepted_at: Iso | null;
  closed_at: Iso | null;
  closed_by: Named | null;
  version: number;
  may: Record<
    "accept" | "assign" | "finish" | "hand_back" | "edit" | "cancel" | "remind" | "reopen",
    boolean
  >;
}

export interface TaskCounts {
  mine: number;
  department: number;
  overdue: number;
}

export type ApprovalState = "open" | "granted" | "rejected" | "cancelled" | "void" | "expired";

export interface Decision {
  by: Named;
  on_behalf_of: Named | null;
  verdict: "approve" | "reject";
  comment: string;
  via: "console" | "mail";
  at: Iso;
}

export interface ApprovalStep {
  id: Id;
  position: number;
  label: Text;
  needs: "one" | "all";
  state: "waiting" | "active" | "approved" | "rejected" | "skipped";
  deciders: Named[];
  decisions: Decision[];
}

export interface Approval {
  id: Id;
  ticket: { id: Id; number: number; ref: string; title: string; status: TicketStatus };
  source: "rule" | "named";
  transition: { key: string; label: Text } | null;
  reason: string;
  amount: Money | null;
  order: "sequence" | "parallel";
  state: ApprovalState;
  requested_by: Named | null;
  created_at: Iso;
  expires_at: Iso;
  closed_at: Iso | null;
  used_at: Iso | null;
  steps: ApprovalStep[];
  may: { decide: boolean; cancel: boolean };
  deciding_for: Named[];
}

export interface Needed {
  amount: Money | null;
  steps: { label: Text; needs: "one" | "all"; people: Named[] }[];
  granted: boolean;
  open: boolean;
  transitions: { key: string; label: Text }[];
}

export interface DeputyView {
  id: Id;
  user: Named;
  deputy: Named;
  from_at: Iso;
  until_at: Iso;
  note: string;
  active: boolean;
}
