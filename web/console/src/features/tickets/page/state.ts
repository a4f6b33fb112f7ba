import { create } from "zustand";
import type { Id } from "@/api/types";
import type { Move } from "../types";

export type Mode = "public" | "note";

export type Dialog =
  | { kind: "assign" }
  | { kind: "escalate" }
  | { kind: "hold" }
  | { kind: "merge" }
  | { kind: "split" }
  | { kind: "type" }
  | { kind: "fields"; complaints?: Record<string, string>; values?: Record<string, unknown> }
  | { kind: "approval"; transition: string }
  | { kind: "move"; move: Move; comment?: string; public?: boolean; done?: () => void };

/** A change that met somebody else's: what was wanted, and what stands there now. */
export interface Clash {
  ticketId: Id;
  mine: Record<string, unknown>;
  version: number;
  changed: Record<string, { now: unknown; by?: string | null; at?: string | null }>;
  /** Names of the ids in both. */
  names: Record<string, string>;
}

interface PageState {
  dialog: Dialog | null;
  setDialog: (dialog: Dialog | null) => void;
  clash: Clash | null;
  setClash: (clash: Clash | null) => void;
  mode: Mode;
  setMode: (mode: Mode) => void;
  /** Grows when the composer should take the focus. */
  focusTick: number;
  focus: (mode: Mode) => void;
  side: boolean;
  setSide: (open: boolean) => void;
}

export const useTicketPage = create<PageState>((set) => ({
  dialog: null,
  setDialog: (dialog) => set({ dialog }),
  clash: null,
  setClash: (clash) => set({ clash }),
  mode: "public",
  setMode: (mode) => set({ mode }),
  focusTick: 0,
  focus: (mode) => set((s) => ({ mode, focusTick: s.focusTick + 1 })),
  side: typeof localStorage === "undefined" || localStorage.getItem("qiao.ticket.side") !== "0",
  setSide: (side) => {
    localStorage.setItem("qiao.ticket.side", side ? "1" : "0");
    set({ side });
  },
}));
