/** What the organization, accounts, routing, inbox and operations parts of the API answer. */
import type { Id, Iso, Ref } from "@/api/types";
import type { CalendarException, Weekly } from "./hours/model";

export interface Role {
  id: Id;
  key: string | null;
  name: string;
  description: string;
  permissions: string[];
  built_in: boolean;
  users?: number;
}

export interface User {
  id: Id;
  email: string;
  name: string;
  display_name: string | null;
  avatar_url: string | null;
  locale: string | null;
  active: boolean;
  roles: { id: Id; key: string | null; name: string }[];
  department_id: Id | null;
  last_login_at?: Iso | null;
  created_at?: Iso;
}

export interface Department {
  id: Id;
  name: string;
  description: string;
  parent_id: Id | null;
  users: number;
}

export interface Skill {
  id: Id;
  name: string;
  description?: string | null;
}

export interface UserSkill {
  skill_id: Id;
  level: number;
}

export interface Overflow {
  action: "queue" | "bot" | "message";
  queue_id: Id | null;
  after_s: number | null;
  on: OverflowCause[];
}
export type OverflowCause = "cap" | "closed" | "no_agent" | "timeout";

export interface Queue {
  id: Id;
  name: string;
  description: string;
  priority: number;
  strategy: "longest_idle" | "least_loaded" | "round_robin";
  required_skills: UserSkill[];
  calendar_id: Id | null;
  accept_timeout_s: number | null;
  sticky: boolean;
  max_waiting: number | null;
  overflow: Overflow | null;
  is_default: boolean;
  active: boolean;
  members: Ref[];
}

export interface Calendar {
  id: Id;
  name: string;
  timezone: string;
  weekly: Weekly;
  holidays_country: string | null;
  follow_makeup_workdays: boolean;
  exceptions: CalendarException[];
}

export interface Inbox {
  id: Id;
  channel: string;
  name: string;
  key: string;
  secret?: string | null;
  queue_id: Id | null;
  calendar_id: Id | null;
  bot_enabled: boolean;
  settings: Record<string, unknown>;
  sealed?: string[];
  active: boolean;
}
