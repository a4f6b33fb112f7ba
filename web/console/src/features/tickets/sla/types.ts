/** Clocks of promises as the API tells them (`/sla/tickets/{id}`, `/sla/conversations/{id}`). */
import type { Id, Iso } from "@/api/types";

export type ClockKind = "first_response" | "next_response" | "resolution";
export type ClockState = "running" | "paused" | "met" | "breached" | "cancelled";

export interface BreachReason {
  key: string | null;
  label: Record<string, string> | null;
  text: string;
  by: string | null;
  at: Iso;
}

export interface Clock {
  id: Id;
  kind: ClockKind;
  state: ClockState;
  policy: { id: Id; name: string } | null;
  /** The hours it counts in; null: around the clock. */
  calendar: { id: Id; name: string; timezone: string } | null;
  target_s: number;
  elapsed_s: number;
  started_at: Iso;
  due_at: Iso | null;
  paused_since: Iso | null;
  paused_why: string | null;
  met_at: Iso | null;
  breached_at: Iso | null;
  /** The target that held when it broke, where it is another one now. */
  broken_target_s: number | null;
  /** It ran out the moment a shorter target began to hold. */
  broken_by_change: boolean;
  reason: BreachReason | null;
  /** Steps of the ladder that have run, newest last. */
  steps: { id: string; at: Iso; does: string }[];
}

export interface Clocks {
  items: Clock[];
  reasons: { key: string; label: Record<string, string> }[];
  may_explain: boolean;
}
