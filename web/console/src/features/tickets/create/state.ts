import { create } from "zustand";
import type { Id } from "@/api/types";
import type { TicketView } from "../types";

/** What a new ticket begins with. */
export interface Beginning {
  conversationId?: Id;
  customerId?: Id;
  parent?: { id: Id; ref: string; title: string };
  typeKey?: string;
  /** Called with what was made, instead of going to its page. */
  onCreated?: (ticket: TicketView) => void;
}

interface Creating {
  open: Beginning | null;
  set: (open: Beginning | null) => void;
}

export const useCreating = create<Creating>((set) => ({ open: null, set: (open) => set({ open }) }));

/** Opens the drawer of a new ticket, wherever one is. */
export function startTicket(beginning: Beginning): void {
  useCreating.getState().set(beginning);
}
