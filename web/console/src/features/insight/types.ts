import type { Agent, AgentState, Id, Iso, QueueLive } from "@/api/types";
import type { HourPoint } from "./model";

export interface WallQueue extends QueueLive {
  service_level: { within_s: number; percent: number | null };
  /** Conversations whose promise is broken, and those whose promise runs out soon. */
  sla: { broken: number; soon: number };
}

export interface Wallboard {
  now: Iso;
  queues: WallQueue[];
  agents: Record<AgentState, number>;
  today: {
    started: number;
    resolved: number;
    bot_resolved: number;
    handoffs: number;
    abandoned: number;
    service_level: { within_s: number; percent: number | null };
    asa_s: number | null;
    aht_s: number | null;
    csat: { mean: number | null; count: number };
  };
  /** `previous`: the same weekday last week. */
  series: { hour: HourPoint[]; previous: HourPoint[]; previous_day: string };
}

export interface Rating {
  conversation: { id: Id; number: number };
  score: number;
  comment: string;
  agent: { id: Id; name: string } | null;
  customer: { id: Id; name: string } | null;
  created_at: Iso;
}

export type BoardAgent = Agent & { queue_ids?: Id[] };
