/** What the widget's API speaks (`/api/v1/widget`, `/ws/visitor`), and what the widget adds to it. */

export type Locale = "zh-CN" | "en";
export type AuthorKind = "customer" | "user" | "bot" | "system";
export type MessageKind = "text" | "image" | "file" | "card" | "choices" | "event";
export type Delivery = "sent" | "delivered" | "read" | "failed";
export type Status = "bot" | "queued" | "assigned" | "snoozed" | "resolved" | "closed";

export interface Author {
  kind: AuthorKind;
  id: string | null;
  name: string | null;
  avatar_url?: string | null;
}

export interface Source {
  type: string;
  id: string;
  title: string;
  url?: string | null;
  snippet?: string | null;
}

export interface Choice {
  id: string;
  label: string;
  value?: string;
}

export interface FilePayload {
  file_id: string;
  name: string;
  mime: string;
  size: number;
  width?: number | null;
  height?: number | null;
  url?: string | null;
  thumb_url?: string | null;
}

export interface Payload extends Partial<FilePayload> {
  type?: string;
  sources?: Source[];
  feedback?: boolean;
  helpful?: boolean | null;
  prompt?: string;
  options?: Choice[];
  params?: Record<string, unknown>;
  [key: string]: unknown;
}

export interface Message {
  id: string;
  conversation_id: string;
  seq: number;
  author: Author;
  kind: MessageKind;
  body: string;
  payload: Payload;
  client_id: string | null;
  created_at: string;
  delivery: Delivery;
  recalled_at: string | null;
}

export interface Conversation {
  id: string;
  number: number;
  status: Status;
  agent: { name: string; avatar_url?: string | null } | null;
  queue: { place: number | null; estimate_s: number | null; name?: string | null } | null;
  rating: { score: number; comment?: string | null } | null;
  offline: { next_open: string | null } | null;
  last_seq: number;
  read_seq_by_staff: number;
  version?: number;
}

export interface Config {
  company: string;
  bot_name: string;
  greeting: string;
  suggestions: string[];
  accent: string | null;
  position: "right" | "left";
  theme: "light" | "dark" | "auto";
  online: boolean;
  next_open: string | null;
  hours: string | null;
  expected_wait_s: number | null;
  locale: Locale | null;
  logo_url: string | null;
  limits: { file_bytes: number; types: string[]; withdraw_s: number };
  features: Features;
}

export interface Features {
  bot: boolean;
  files: boolean;
  send_preview: boolean;
  rating: boolean;
  transcript_download: boolean;
  transcript_mail: boolean;
  leave_message: boolean;
  /** Customers may ask to be called. */
  callback: boolean;
  /** The customer portal is open: their requests have a page. */
  my_requests: boolean;
}

/** A file the customer chose and that the server does not hold yet. Its bytes live in the blob store. */
export interface LocalFile {
  name: string;
  mime: string;
  size: number;
  width?: number;
  height?: number;
}

export type PendingState = "waiting" | "sending" | "failed";

/** A message written here and not yet acknowledged. Survives a reload; `client_id` makes resending harmless. */
export interface Pending {
  client_id: string;
  kind: "text" | "image" | "file";
  body: string;
  payload: Payload;
  file?: LocalFile;
  created_at: string;
  state: PendingState;
  /** A sentence for the customer, in their language, when `state` is `failed`. */
  error?: string;
  /** 0..1 while its bytes travel. */
  progress?: number;
}

export type Connection = "idle" | "connecting" | "online" | "polling" | "offline";

export interface Page {
  url: string;
  title: string;
  referrer: string;
  /** The invitation they accepted on this visit, on whichever page: it is what brought them here. */
  invitation?: string | undefined;
}
