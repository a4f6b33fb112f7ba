import type { Id, Iso } from "@/api/types";

export interface Both {
  "zh-CN": string;
  en: string;
}

export interface Service {
  id: Id;
  name: Both;
  prefix: string;
  queue_id: Id;
  calendar_id: Id | null;
  handle_s: number;
  slot_minutes: number;
  slot_capacity: number;
  days_ahead: number;
  position: number;
  active: boolean;
}

export interface Counter {
  id: Id;
  name: string;
  service_ids: Id[];
  taking: Id[];
  staff_id: Id | null;
  staff_name: string | null;
  opened_at: Iso | null;
  active: boolean;
}

export interface SiteChoice {
  id: Id;
  name: string;
  title: Both;
  timezone: string;
  services: Service[];
  counters: Counter[];
  may_take: Id[];
}

export interface Rules {
  calls_before_miss: number;
  return_minutes: number;
  return_after: number;
  later_most: number;
  near: number;
  priority_minutes: number;
  appointment_minutes: number;
  late_minutes: number;
  early_minutes: number;
  level_priority: boolean;
  ask_phone: boolean;
  max_waiting: number;
  idle_seconds: number;
  sound: boolean;
}

export interface Site {
  id: Id;
  inbox_id: Id;
  name: string;
  title: Both;
  address: Both;
  timezone: string;
  active: boolean;
  rules: Rules;
  services: Service[];
  counters: Counter[];
}

export type VisitState = "waiting" | "called" | "serving" | "parked" | "served" | "missed" | "cancelled";

export interface Visit {
  id: Id;
  site_id: Id;
  service_id: Id;
  conversation_id: Id;
  code: string;
  state: VisitState;
  source: "kiosk" | "phone" | "staff" | "appointment";
  locale: string;
  priority: number;
  counter_id: Id | null;
  counter: string | null;
  wanted_counter_id: Id | null;
  staff_id: Id | null;
  staff_name: string | null;
  calls: number;
  customer: { id: Id; number: number; name: string; level: string } | null;
  phone: string | null;
  appointment_at: Iso | null;
  appointment_name: string | null;
  taken_at: Iso;
  called_at: Iso | null;
  started_at: Iso | null;
  missed_at: Iso | null;
  return_by: Iso | null;
  postponed: number;
  secret: string | null;
}

export interface Booking {
  id: Id;
  service_id: Id;
  starts_at: Iso;
  ends_at: Iso;
  state: "booked" | "checked_in" | "no_show" | "cancelled";
  code: string;
  name: string;
  phone: string | null;
  customer_id: Id | null;
  note: string;
  visit_id: Id | null;
}

export interface Desk {
  site: SiteChoice;
  counter_id: Id | null;
  current: Visit | null;
  next: Id | null;
  waiting: Visit[];
  waiting_total: number;
  parked: Visit[];
  missed: Visit[];
  at_counters: Visit[];
  figures: {
    service_id: Id;
    waiting: number;
    longest_wait_s: number;
    counters: number;
    estimate_s: number | null;
  }[];
  appointments: Booking[];
  rules: Rules;
  now: Iso;
}

export interface Slot {
  starts_at: Iso;
  ends_at: Iso;
  free: number;
}

export interface SlotDay {
  day: string;
  slots: Slot[];
}

export interface Figures {
  service_id: Id;
  taken: number;
  waiting: number;
  served: number;
  missed: number;
  cancelled: number;
  wait_p50_s: number | null;
  wait_p90_s: number | null;
  handle_mean_s: number | null;
}

export interface Statistics {
  day: string;
  total: Figures;
  services: Figures[];
  hours: {
    hour: number;
    taken: number;
    served: number;
    wait_p50_s: number | null;
    wait_p90_s: number | null;
  }[];
  appointments: Record<string, number>;
}

export interface PageLink {
  kind: "kiosk" | "join" | "display";
  url: string;
  qr_svg: string;
}
