import { useLocation } from "@tanstack/react-router";
import type { Id } from "@/api/types";

/** Where another conversation opens: whoever works through their own stays among them. */
export function conversationPath(from: string, id: Id): string {
  return `/inbox/${/\/inbox\/mine(\/|$)/.test(from) ? "mine" : "all"}/${id}`;
}

export function useConversationPath(): (id: Id) => string {
  const from = useLocation({ select: (at) => at.pathname });
  return (id) => conversationPath(from, id);
}
