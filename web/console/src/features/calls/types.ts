import type { Id, Iso } from "@/api/types";

export interface CallCustomer {
  id: Id;
  number: number;
  name: string;
  level: string;
  avatar_color: string;
  blocked?: boolean;
}

export interface Person {
  id: Id;
  name: string;
  avatar_url: string | null;
}

export type CallState = "ringing" | "active" | "held" | "ended" | "missed" | "abandoned";

export interface Call {
  id: Id;
  inbox: { id: Id; name: string };
  direction: "inbound" | "outbound";
  state: CallState;
  number: string | null;
  caller_name: string;
  line: string | null;
  customer: CallCustomer | null;
  sure: boolean;
  conversation_id: Id | null;
  user: Person | null;
  extension: string | null;
  started_at: Iso;
  answered_at: Iso | null;
  ended_at: Iso | null;
  wait_s: number;
  talk_s: number;
  held_s: number;
  hung_up_by: string | null;
  transfers: { at: Iso; from: string | null; to: string | null }[];
  has_recording: boolean;
  has_voicemail: boolean;
  callback_id: Id | null;
}

export interface Candidate {
  customer: CallCustomer;
  last_seen_at: Iso;
  conversations: {
    id: Id;
    number: number;
    channel: string;
    inbox: string;
    status: string;
    preview: string;
    at: Iso;
  }[];
  tickets: { ref: string; title: string; status: string; due_at: Iso | null }[];
}

export interface Pop {
  call: Call;
  candidates: Candidate[];
}

export type Outcome = "reached" | "no_answer" | "busy" | "voicemail" | "wrong_number" | "refused";
export const OUTCOMES: Outcome[] = ["reached", "no_answer", "busy", "voicemail", "wrong_number", "refused"];

export interface Callback {
  id: Id;
  inbox: { id: Id; name: string };
  source: "customer" | "pbx" | "agent" | "missed";
  customer: CallCustomer;
  number: string;
  topic: string;
  conversation_id: Id | null;
  assignee: Person | null;
  promised_by: Person | null;
  state: "open" | "done" | "failed" | "cancelled";
  waiting_since: Iso;
  promised_from: Iso;
  promised_until: Iso;
  next_at: Iso;
  waiting: boolean;
  attempts: number;
  attempts_most: number;
  history: { id: Id; at: Iso; user: Person | null; outcome: Outcome; note: string }[];
  outcome: string;
  broken: boolean;
  closed_at: Iso | null;
  created_at: Iso;
}

export interface DialLine {
  inbox: { id: Id; name: string };
  extension: string;
}

export interface Dialled {
  id: Id;
  state: "asked" | "accepted" | "refused" | "unknown";
  status: number | null;
  answer: string;
  extension: string;
  number: string;
}
