import { create } from "zustand";

/** Which of the shell's overlays is open. */
interface ShellUi {
  palette: boolean;
  shortcuts: boolean;
  profile: string | null;
  /** The menu of one's own state. Kept here: what signing in leads to may put the shell up anew around it. */
  presence: boolean;
  /** What waits for this person, shown in the tab's title. */
  waiting: number;
  set: (patch: Partial<Omit<ShellUi, "set">>) => void;
}

export const useShellUi = create<ShellUi>((set) => ({
  palette: false,
  shortcuts: false,
  profile: null,
  presence: false,
  waiting: 0,
  set: (patch) => set(patch),
}));
