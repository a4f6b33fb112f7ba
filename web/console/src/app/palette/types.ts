import type { ConversationView, Customer, Id } from "@/api/types";

export interface SearchHit {
  message_id: Id;
  seq: number;
  snippet: string;
  /** Where in the snippet the words are. */
  spans?: [number, number][];
}

export interface KnowledgeHit {
  id: Id;
  title: string;
  /** The wording that matched, where it is not the title. */
  matched?: string | null;
  excerpt?: string | null;
  locale?: string;
}

export interface SearchAnswer {
  conversations?: { conversation: ConversationView; hits: SearchHit[] }[];
  customers?: Customer[];
  articles?: KnowledgeHit[];
  faqs?: KnowledgeHit[];
}
