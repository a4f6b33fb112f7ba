import type { ConversationView, Customer, Id } from "@/api/types";
import type { Hit, Row } from "@/features/tickets/lists/types";

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
  tickets?: { ticket: Row; hits: Hit[] }[];
  conversations?: { conversation: ConversationView; hits: SearchHit[] }[];
  customers?: Customer[];
  articles?: KnowledgeHit[];
  faqs?: KnowledgeHit[];
}
