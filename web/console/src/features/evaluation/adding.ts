import { create } from "zustand";
import type { Id } from "@/api/types";

interface Adding {
  /** The place in a conversation a case is being made of. */
  from: { conversationId: Id; messageId: Id | null } | null;
  open: (conversationId: Id, messageId?: Id | null) => void;
  close: () => void;
}

/** Shared with the inbox, whose menus open the dialog; the dialog itself is loaded when it is needed. */
export const useAdding = create<Adding>((set) => ({
  from: null,
  open: (conversationId, messageId = null) => set({ from: { conversationId, messageId } }),
  close: () => set({ from: null }),
}));
