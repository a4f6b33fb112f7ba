import { create } from "zustand";
import type { Choices } from "./views";

export type Dialog = "resolve" | "transfer" | "assign" | "snooze" | "priority" | "tags" | "continue" | null;
export type ComposerTab = "reply" | "note" | "whisper";

interface InboxState {
  choices: Choices;
  setChoices: (patch: Partial<Choices>) => void;
  dialog: Dialog;
  setDialog: (dialog: Dialog) => void;
  panel: boolean;
  setPanel: (open: boolean) => void;
  tab: ComposerTab;
  setTab: (tab: ComposerTab) => void;
  /** Grows when the composer should take the focus. */
  focusComposer: number;
  /** When the composer was last asked for: a conversation that is just opening answers it. */
  focusAskedAt: number;
  focus: (tab?: ComposerTab) => void;
  scrolls: Record<string, number>;
}

export const useInbox = create<InboxState>((set) => ({
  choices: { sort: null, inboxId: null, tag: null, assigneeId: null },
  setChoices: (patch) => set((s) => ({ choices: { ...s.choices, ...patch } })),
  dialog: null,
  setDialog: (dialog) => set({ dialog }),
  panel: typeof localStorage === "undefined" || localStorage.getItem("qiao.inbox.panel") !== "0",
  setPanel: (panel) => {
    localStorage.setItem("qiao.inbox.panel", panel ? "1" : "0");
    set({ panel });
  },
  tab: "reply",
  setTab: (tab) => set({ tab }),
  focusComposer: 0,
  focusAskedAt: 0,
  focus: (tab) =>
    set((s) => ({
      focusComposer: s.focusComposer + 1,
      focusAskedAt: Date.now(),
      ...(tab ? { tab } : {}),
    })),
  scrolls: {},
}));
