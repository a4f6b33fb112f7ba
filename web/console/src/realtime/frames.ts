import type { Agent, AuthorKind, ConversationView, Id, Iso, Job, MessageView, Offer } from "@/api/types";

/** What the staff socket sends, by `type`. */
export interface EventData {
  "message.created": { message: MessageView };
  "message.changed": { message: MessageView };
  "conversation.changed": { conversation: ConversationView };
  "conversation.gone": { id: Id };
  "offer.created": { offer: Offer };
  "offer.ended": { offer: { id: Id; state?: string } };
  "presence.changed": { agent: Agent };
  "queues.changed": Record<string, never>;
  "mention.created": { conversation_id: Id; message_id: Id };
  "job.progress": { job: Job };
  /** Only that it changed: what shows it asks again. */
  "ticket.changed": { ticket_id: Id; version: number; by: Id | null };
  "notification.created": { kind: string };
  "notification.read": Record<string, never>;
  "task.changed": { task_id: Id; ticket_id: Id };
  "call.changed": { call_id: Id; state: string };
  "callback.changed": { callback_id: Id; change: string };
  "approval.changed": { approval_id: Id; ticket_id: Id };
  /** Somebody walks on in a procedure: what shows it asks again. */
  "procedure.changed": { run_id: Id; subject_kind: "ticket" | "conversation"; subject_id: Id };
  "counter.changed": { site_id: Id };
  /** Only that the record changed: what shows it asks again. */
  "customer.changed": { customer_id: Id };
  /** What may be sent to the customer of an open conversation: what shows it asks again. */
  "channel.changed": { conversation_id: Id };
  /** Some text went live, was reviewed or was written: what shows texts asks again. */
  "knowledge.changed": Record<string, never>;
}

export type EventType = keyof EventData;

export type Frame = {
  [K in EventType]: { type: K; cursor: string; conversation_id: Id | null; data: EventData[K] };
}[EventType];

export interface SignalPerson {
  kind?: AuthorKind;
  id?: Id | null;
  user_id?: Id | null;
  name?: string | null;
}

export type SignalFrame = {
  op: "signal";
  type: "typing" | "viewing" | "presence" | "queue_place" | string;
  conversation_id: Id | null;
  data: Record<string, unknown>;
};

export type ServerFrame =
  | { op: "welcome"; cursor: string; resumed: boolean; heartbeat_s: number; server_time: Iso }
  | { op: "reload"; reason?: string; cursor?: string }
  | ({ op: "event" } & Frame)
  | { op: "ack"; client_id: string; message: MessageView }
  | { op: "nack"; client_id: string; problem: unknown }
  | SignalFrame
  | { op: "pong" }
  | { op: "bye"; reason?: string };
