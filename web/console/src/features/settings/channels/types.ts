/** Channels as the server describes them. */

export type Language = "zh-CN" | "en";
export type Words = Record<Language, string>;
export type Shelf = "web" | "mail" | "social" | "work" | "phone" | "counter" | "open";

export interface Capabilities {
  receives: string[];
  sends: string[];
  longest_text: number;
  window_hours: number | null;
  window_messages: number | null;
  templates: boolean;
  recall_hours: number | null;
  attachments: boolean;
  starts: boolean;
  receipts: boolean;
}

export interface Manifest {
  name: string;
  title: Words;
  summary: Words;
  group: Shelf;
  docs: string;
  by: ("hook" | "source" | "own")[];
  capabilities: Capabilities;
  fields: Record<string, unknown>;
  secrets: string[];
  can_test: boolean;
}

export interface Health {
  inbox_id: string;
  state: "quiet" | "fine" | "failing";
  last_in_at: string | null;
  last_out_at: string | null;
  failing_since: string | null;
  failed_at: string | null;
  reason: string | null;
  waiting: number;
  dead: number;
  failed: number;
}

export interface Letter {
  id: string;
  inbox_id: string;
  received_at: string;
  attempts: number;
  size: number;
  reason: string | null;
  detail: string;
  failed_at: string | null;
  replays: number;
  preview: string | null;
}

export interface Replayed {
  state: "taken" | "waiting" | "dead";
  reason: string | null;
}

export const SHELVES: readonly Shelf[] = ["web", "mail", "social", "work", "phone", "counter", "open"];
