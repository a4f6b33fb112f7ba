/** The shapes of the public API that more than one feature reads. A feature's own shapes live in its folder. */

export type Id = string;
export type Iso = string;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total?: number | null;
}

export type Permission =
  | "conversations.handle"
  | "conversations.view_all"
  | "conversations.monitor"
  | "customers.view"
  | "customers.edit"
  | "customers.reveal"
  | "customers.merge"
  | "knowledge.view"
  | "knowledge.edit"
  | "knowledge.publish"
  | "knowledge.manage"
  | "knowledge.view_all"
  | "tickets.handle"
  | "tickets.view_all"
  | "tickets.manage"
  | "tasks.handle"
  | "sla.manage"
  | "automation.manage"
  | "sop.manage"
  | "canned.edit"
  | "flows.manage"
  | "evaluation.manage"
  | "evaluation.decide"
  | "queues.manage"
  | "users.manage"
  | "roles.manage"
  | "inboxes.manage"
  | "settings.manage"
  | "wallboard.view"
  | "reports.view"
  | "audit.view"
  | "operations.view"
  | "api.channel"
  | "phone.channel"
  | "orders.write";

export interface UserSettings {
  send_on_enter?: boolean;
  density?: "comfortable" | "compact";
  sound?: boolean;
  notifications?: boolean;
}

export interface Me {
  user: {
    id: Id;
    email: string;
    name: string;
    display_name: string | null;
    avatar_url: string | null;
    locale: string | null;
    theme: "light" | "dark" | "system" | null;
    settings: UserSettings;
    must_change_password: boolean;
  };
  roles: { id: Id; key?: string; name: string }[] | string[];
  permissions: Permission[];
  queue_ids: Id[];
  workspace: Workspace;
}

export interface Workspace {
  name: string;
  locale: string;
  timezone: string;
  setup_done: boolean;
  settings: Record<string, unknown>;
}

export type AgentState = "online" | "busy" | "away" | "offline";

export interface Presence {
  state: AgentState;
  reason: string | null;
  capacity: number;
  load: number;
  since?: Iso | null;
}

export interface Agent {
  user: { id: Id; name: string; avatar_url: string | null };
  state: AgentState;
  reason: string | null;
  since: Iso | null;
  load: number;
  capacity: number;
  conversations: number;
}

export interface DirectoryEntry {
  id: Id;
  name: string;
  display_name?: string | null;
  can_handle?: boolean;
  avatar_url: string | null;
  state: AgentState;
}

export interface Ref {
  id: Id;
  name: string;
}

export type ConversationStatus = "bot" | "queued" | "assigned" | "snoozed" | "resolved" | "closed";
export type AuthorKind = "customer" | "user" | "bot" | "system";
export type Priority = 0 | 1 | 2 | 3;

export interface ConversationMay {
  reply?: boolean;
  note?: boolean;
  assign?: boolean;
  transfer?: boolean;
  snooze?: boolean;
  resolve?: boolean;
  reopen?: boolean;
  close?: boolean;
  monitor?: boolean;
  whisper?: boolean;
  join?: boolean;
  take_over?: boolean;
  tag?: boolean;
}

export interface HandoffSummary {
  /** What the customer wants, in one sentence. */
  question?: string;
  asked?: string[];
  tried?: (string | { title: string; confidence?: number })[];
  emotion?: string | null;
  language?: string | null;
  collected?: Record<string, string>;
  [key: string]: unknown;
}

export interface ConversationView {
  id: Id;
  number: number;
  inbox: { id: Id; name: string; channel: string };
  customer: { id: Id; number?: number; name: string; level: string | null; avatar_color?: string | null };
  status: ConversationStatus;
  queue: Ref | null;
  assignee: { id: Id; name: string; avatar_url: string | null } | null;
  priority: Priority;
  locale: string | null;
  tags: string[];
  version: number;
  last_seq: number;
  last_message: { preview: string; author_kind: AuthorKind; at: Iso } | null;
  unread: number;
  waiting_since: Iso | null;
  created_at: Iso;
  queued_at: Iso | null;
  assigned_at: Iso | null;
  first_response_at: Iso | null;
  resolved_at: Iso | null;
  closed_at: Iso | null;
  snoozed_until: Iso | null;
  handoff: { reason: string | null; summary: HandoffSummary | null } | null;
  wrap_up: { disposition?: string | null; note?: string | null } | null;
  context: Record<string, string | number | null> | null;
  participants: { user_id: Id; name: string; role: string }[];
  /** The promise that runs out first; `due_at` is null while it stands still. */
  promise: { kind: string; due_at: Iso | null; breached: boolean } | null;
  may: ConversationMay;
  customer_read_seq?: number;
  staff_read_seq?: number;
}

export type MessageKind = "text" | "image" | "file" | "card" | "choices" | "event" | "note" | "whisper";
export type Delivery = "sending" | "waiting" | "sent" | "delivered" | "read" | "failed";

export interface MessageView {
  id: Id;
  conversation_id: Id;
  seq: number;
  author: { kind: AuthorKind; id: Id | null; name: string | null; avatar_url: string | null };
  kind: MessageKind;
  body: string;
  payload: Record<string, unknown> | null;
  client_id: string | null;
  created_at: Iso;
  delivery: Delivery | null;
  recalled_at: Iso | null;
  /** What came of asking the channel to take it back. */
  recall?: "asked" | "done" | "late" | "failed" | null;
  edited_at?: Iso | null;
}

export interface FileView {
  id: Id;
  name: string;
  mime: string;
  size: number;
  width: number | null;
  height: number | null;
  url: string;
  thumb_url: string | null;
}

export interface Offer {
  id: Id;
  conversation: ConversationView;
  offered_at?: Iso;
  expires_at: Iso | null;
  queue: Ref | null;
}

export interface QueueLive {
  queue: Ref;
  waiting: number;
  longest_wait_s: number;
  oldest_entered_at: Iso | null;
  agents_online: number;
  agents_available: number;
  open: boolean;
}

export interface Customer {
  id: Id;
  number: number;
  name: string;
  level: string | null;
  tags: string[];
  locale: string | null;
  attributes: Record<string, unknown>;
  notes: string | null;
  phone: string | null;
  email: string | null;
  city: string | null;
  blocked_at: Iso | null;
  last_seen_at: Iso | null;
  created_at?: Iso;
  avatar_color?: string | null;
  identities?: {
    id?: Id;
    kind: string;
    scope?: string;
    value: string;
    verified: boolean;
    consent?: "in" | "out" | null;
  }[];
}

export interface Order {
  id?: Id;
  number: string;
  customer_id: Id;
  status: string;
  placed_at: Iso;
  currency: string;
  total_minor: number;
  items: { name: string; quantity?: number; price_minor?: number; sku?: string; image_url?: string }[];
  logistics: {
    carrier?: string;
    tracking_number?: string;
    status?: string;
    events?: { at: Iso; text: string }[];
    [key: string]: unknown;
  } | null;
}

export interface RoutingSettings {
  channel_weights: Record<string, number>;
  presence_reasons: { key: string; label: Record<string, string>; state: "busy" | "away" }[];
  dispositions: Disposition[];
  [key: string]: unknown;
}

export interface Disposition {
  key?: string;
  value?: string;
  label?: string | Record<string, string>;
  name?: string;
  children?: Disposition[];
}

export interface CannedReply {
  id: Id;
  shortcut: string;
  title: string;
  body: string;
  folder: string | null;
  locale: string;
  owner_user_id: Id | null;
  usage_count: number;
}

export interface Job {
  id: Id;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | string;
  done: number;
  total: number | null;
  message_key?: string | null;
  message?: string | null;
  params?: Record<string, unknown> | null;
  result: Record<string, unknown> | null;
}
