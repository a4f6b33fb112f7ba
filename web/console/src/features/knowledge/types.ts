import type { Id, Iso } from "@/api/types";

export type Status = "draft" | "review" | "scheduled" | "published" | "archived";
export type Audience = "public" | "customers" | "internal" | "departments";
export const AUDIENCES: readonly Audience[] = ["public", "customers", "internal", "departments"];
export type Kind = "faqs" | "articles";

type Names = Partial<Record<"zh-CN" | "en", string>>;

export interface Space {
  id: Id;
  slug: string;
  name: string;
  names: Names;
  description: string;
  descriptions: Names;
  audience: Audience;
  department_ids: Id[];
  position: number;
  is_default: boolean;
  faqs: number;
  articles: number;
}

export interface Category {
  id: Id;
  space_id: Id;
  name: string;
  names: Names;
  parent_id: Id | null;
  position: number;
  faqs: number;
  articles: number;
}

export interface Conditions {
  channels: string[];
  regions: string[];
  levels: string[];
}

export interface Translation {
  id: Id;
  locale: string;
  title: string;
  status: Status;
  content_at: Iso;
  original: boolean;
}

/** Where the words being worked on stand. */
export interface Work {
  status: Status;
  publish_at: Iso | null;
  submitted_at: Iso | null;
  submitted_by: Id | null;
  remark: string | null;
}

export interface Entry extends Work {
  id: Id;
  group_id: Id;
  space_id: Id;
  category_id: Id | null;
  locale: string;
  audience: Audience;
  department_ids: Id[];
  level: Audience;
  conditions: Conditions;
  valid_from: Iso | null;
  valid_until: Iso | null;
  version: number;
  helpful: number;
  unhelpful: number;
  tags: string[];
  used: number;
  owner_id: Id | null;
  review_by: Iso | null;
  content_at: Iso;
  updated_at: Iso;
  updated_by: Id | null;
  translations: Translation[];
  behind: boolean;
  draft: (Work & { version: number; updated_at: Iso; updated_by: Id | null }) | null;
}

export interface Faq extends Entry {
  question: string;
  variants: string[];
  answer: string;
}

export interface Article extends Entry {
  title: string;
  body: string;
  summary: string;
  html?: string | null;
}

export interface WorkItem extends Work {
  id: Id;
  source: "faq" | "article";
  title: string;
  locale: string;
  space_id: Id;
  live: boolean;
  version: number;
  owner_id: Id | null;
  review_by: Iso | null;
  content_at: Iso;
  updated_at: Iso;
  updated_by: Id | null;
  reasons: ("due" | "old" | "behind")[];
}

export interface Todo {
  review: number;
  scheduled: number;
  mine: number;
  returned: number;
  due: number;
  stale: number;
}

export interface VersionEntry {
  number: number;
  step: string;
  note: string | null;
  actor_id: Id | null;
  actor_name: string;
  at: Iso;
  words: boolean;
}

export interface DiffLine {
  op: "same" | "changed" | "gone" | "new";
  left: [string, string][] | null;
  right: [string, string][] | null;
}

export interface Diff {
  left: number;
  right: number;
  fields: { field: string; lines: DiffLine[] }[];
}

export interface Synonyms {
  id: Id;
  locale: "zh-CN" | "en";
  words: string[];
  note: string;
  updated_at: Iso;
  updated_by: Id | null;
}
