import { create } from "zustand";
import type { Id } from "@/api/types";

/** Words on their way into the composer of a conversation; it takes each of them once. */
export const useInsertion = create<{ wanted: { conversationId: Id; text: string; tick: number } | null }>(
  () => ({ wanted: null }),
);

let tick = 0;

export function insertIntoReply(conversationId: Id, text: string): void {
  tick += 1;
  useInsertion.setState({ wanted: { conversationId, text, tick } });
}
