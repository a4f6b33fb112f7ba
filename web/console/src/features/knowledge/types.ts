import type { Id, Iso } from "@/api/types";

export type Status = "draft" | "published" | "archived";
export type Audience = "public" | "internal";

export interface Category {
  id: Id;
  name: string;
  names: Partial<Record<"zh-CN" | "en", string>>;
  parent_id: Id | null;
  position: number;
  faqs: number;
  articles: number;
}

interface Entry {
  id: Id;
  group_id: Id;
  category_id: Id | null;
  locale: string;
  status: Status;
  audience: Audience;
  valid_from: Iso | null;
  valid_until: Iso | null;
  version: number;
  helpful: number;
  unhelpful: number;
  tags: string[];
  used: number;
  updated_at: Iso;
  translations: { id: Id; locale: string; title: string; status: Status }[];
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
}
