import { create } from "zustand";
import type { Id } from "@/api/types";

export interface Running {
  ticketId: Id;
  ref: string;
  startedAt: string;
}

const KEY = "qiao.ticket.timer";

function read(): Running | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as Running | null;
  } catch {
    return null;
  }
}

interface Timer {
  running: Running | null;
  start: (ticket: { id: Id; ref: string }) => void;
  stop: () => void;
}

/** One clock per person: it goes on while they look elsewhere, and survives closing the window. */
export const useTimer = create<Timer>((set) => ({
  running: typeof localStorage === "undefined" ? null : read(),
  start: (ticket) => {
    const running = { ticketId: ticket.id, ref: ticket.ref, startedAt: new Date().toISOString() };
    localStorage.setItem(KEY, JSON.stringify(running));
    set({ running });
  },
  stop: () => {
    localStorage.removeItem(KEY);
    set({ running: null });
  },
}));

export const LONGEST_S = 7 * 24 * 3600;

/** What is logged of a clock that ran: at least a second, at most what the server takes. */
export function secondsOf(startedAt: string, now: number): number {
  return Math.min(LONGEST_S, Math.max(1, Math.round((now - Date.parse(startedAt)) / 1000)));
}
