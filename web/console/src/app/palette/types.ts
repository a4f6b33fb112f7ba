import type { ConversationView, Customer, Id } from "@/api/types";

export interface SearchHit {
  message_id: Id;
  seq: number;
  snippet: string;
}

export interface SearchAnswer {
  conversations?: { conversation: ConversationView; hits: SearchHit[] }[];
  customers?: Customer[];
  articles?: { id: Id; title?: string; snippet?: string; status?: string }[];
  faqs?: { id: Id; question?: string; title?: string; answer?: string; snippet?: string; status?: string }[];
}
