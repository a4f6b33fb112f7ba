import type { ConversationView, Id, Iso, MessageView } from "@/api/types";

export interface Suggestion {
  customer: { id: Id; number: number; name: string };
  phone: string | null;
  email: string | null;
  score: number;
  evidence: string[];
  decided_by_name: string | null;
  decided_at: Iso | null;
}

export interface Merge {
  id: Id;
  survivor_id: Id;
  merged_number: number;
  merged_name: string;
  reason: string;
  by_name: string;
  at: Iso;
  undo_until: Iso;
  undone_at: Iso | null;
  undone_by_name: string | null;
  undoable: boolean;
}

export interface CustomerCard {
  id: Id;
  number: number;
  name: string;
  phone: string | null;
  email: string | null;
}

export interface Preview {
  survivor: CustomerCard;
  merged: CustomerCard;
  changes: Record<string, [unknown, unknown]>;
  moves: Record<string, number>;
  conflicts: string[];
  warnings: string[];
  undo_days: number;
}

export interface Consent {
  id: Id;
  state: "in" | "out";
  source: string;
  proof: string;
  by_name: string;
  at: Iso;
}

export interface Way {
  inbox_id: Id;
  inbox: string;
  channel: string;
  identity_id: Id;
  address: string;
  open: boolean;
  why_not: string | null;
  needs: "consent" | "template" | null;
}

export interface Elsewhere {
  items: MessageView[];
  conversations: ConversationView[];
  next_cursor: string | null;
}

export interface Block {
  id: Id;
  kind: "customer" | "address" | "domain" | "phone_prefix";
  value: string;
  customer: { id: Id; number: number; name: string } | null;
  inbox_id: Id | null;
  reason: string;
  expires_at: Iso | null;
  created_by_name: string;
  created_at: Iso;
  lifted_at: Iso | null;
  lifted_by_name: string | null;
  standing: boolean;
}

export interface Held {
  id: Id;
  inbox_id: Id;
  customer: { id: Id; number: number; name: string } | null;
  why: "blocked" | "fast";
  body: string;
  at: Iso;
}

export interface Rule {
  inbox_id: Id | null;
  handling: "refuse" | "keep" | null;
  per_minute: number | null;
  per_hour: number | null;
}
