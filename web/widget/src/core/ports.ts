import type { Config, Conversation, FilePayload, Locale, Message, Page, Payload, Pending } from "./types.ts";

export interface Session {
  visitor_token: string;
  customer: { id?: string; name: string | null; identified: boolean };
  conversation: Conversation | null;
  messages: Message[];
  has_more: boolean;
}

export interface MessagePage {
  messages: Message[];
  has_more: boolean;
}

export interface LeaveMessage {
  client_id: string;
  name: string;
  phone: string;
  email: string;
  body: string;
}

/** Everything the widget asks of the server over HTTP. Failures are `ApiError`s. */
export interface Api {
  token: string | null;
  config(locale: Locale): Promise<Config>;
  session(ask: { identity_token: string | null; locale: Locale; page: Page | null }): Promise<Session>;
  older(before: Message, limit: number): Promise<MessagePage>;
  after(conversationId: string, seq: number): Promise<MessagePage>;
  send(message: { client_id: string; kind: string; body: string; payload: Payload }): Promise<{
    message: Message;
    conversation: Conversation | null;
  }>;
  withdraw(messageId: string): Promise<Message>;
  upload(file: Blob, name: string, progress: (part: number) => void): Promise<FilePayload>;
  typing(on: boolean, preview?: string): Promise<void>;
  read(seq: number): Promise<void>;
  handoff(reason?: string): Promise<Conversation>;
  leaveMessage(form: LeaveMessage): Promise<{ message: Message; conversation: Conversation | null }>;
  callbackOffer(): Promise<CallbackOffer>;
  askCallback(form: CallbackWish): Promise<CallbackPromise>;
  cancelCallback(): Promise<void>;
  rate(conversationId: string, score: number, comment: string): Promise<void>;
  feedback(messageId: string, helpful: boolean): Promise<void>;
  transcript(): Promise<Blob>;
  transcriptMail(email: string): Promise<void>;
  poll(conversationId: string | null, afterSeq: number, waitS: number, signal: AbortSignal): Promise<Poll>;
}

export interface Poll {
  messages: Message[];
  conversation: Conversation | null;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** A sentence in the customer's language, when the server sent one. */
    readonly detail: string,
    readonly retryAfterMs: number | null = null,
    readonly fields: Record<string, string> = {},
  ) {
    super(`${status} ${code}`);
  }

  /** Whether the same request may succeed later unchanged: no answer at all, too early, or the server's own fault. */
  get passing(): boolean {
    return [0, 408, 425, 429].includes(this.status) || this.status >= 500;
  }
}

/** What must survive a reload: the visitor's token, unsent messages with their bytes, drafts, the read position. */
export interface Vault {
  get(name: string): string | null;
  set(name: string, value: string | null): void;
  outbox(): Pending[];
  keep(pending: Pending): void;
  drop(clientId: string): void;
  blob(clientId: string): Promise<Blob | null>;
  keepBlob(clientId: string, blob: Blob): Promise<void>;
}

export interface Frame {
  op: string;
  [key: string]: unknown;
}

/** The realtime connection, whichever way it travels. */
export interface Realtime {
  start(): void;
  stop(): void;
  /** Try again now instead of when the back-off ends. */
  nudge(): void;
  /** False when there is no open socket; the caller then uses HTTP. */
  send(frame: Frame): boolean;
}

export interface RealtimeHandlers {
  hello(): { token: string; conversation_id: string | null; after_seq: number };
  status(status: "connecting" | "online" | "polling" | "offline"): void;
  event(type: string, conversationId: string | null, data: Record<string, unknown>): void;
  /** What was missed cannot be replayed: take a fresh snapshot. */
  resync(): Promise<void>;
  /** Ask for what is new, letting the server hold the answer back for up to `waitS` seconds until there is some. */
  poll(waitS: number, signal: AbortSignal): Promise<void>;
  /** The token is no longer valid. */
  expired(): Promise<void>;
}

/** Messages between the tabs of one browser. */
export interface Tabs {
  post(message: TabMessage): void;
  listen(handler: (message: TabMessage) => void): void;
  /** Run `job` while no other tab runs one of the same name. */
  alone<T>(name: string, job: () => Promise<T>): Promise<T>;
}

export type TabMessage =
  | { type: "queued"; pending: Pending }
  | { type: "discarded"; client_id: string }
  | { type: "sent"; client_id: string; message: Message; conversation: Conversation | null }
  | { type: "read"; conversation_id: string; seq: number }
  | { type: "session" };

export interface CallbackPromise {
  id: string;
  state: string;
  number: string;
  promised_from: string;
  promised_until: string;
  timezone: string;
  attempts: number;
  /** In the queue, from 1; null while it does not wait there. */
  place: number | null;
}

export interface Slot {
  start: string;
  end: string;
}

/** When a customer may be called. */
export interface CallbackOffer {
  available: boolean;
  timezone: string;
  soonest: Slot | null;
  slots: Slot[];
  current: CallbackPromise | null;
}

export interface CallbackWish {
  client_id: string;
  phone: string;
  name: string;
  topic: string;
  /** The beginning of an offered hour; null: as soon as possible. */
  slot: string | null;
}
