import { create } from "zustand";

export type ThemeChoice = "light" | "dark" | "system";
export type Density = "comfortable" | "compact";

export interface Prefs {
  theme: ThemeChoice;
  density: Density;
  sendOnEnter: boolean;
  sound: boolean;
  notifications: boolean;
}

const KEY = "qiao.prefs";
const DEFAULTS: Prefs = {
  theme: "system",
  density: "comfortable",
  sendOnEnter: true,
  sound: true,
  notifications: false,
};

function read(): Prefs {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    return DEFAULTS;
  }
}

/** What this person likes; kept in the browser at once and in the account by the profile drawer. */
export const usePrefs = create<Prefs & { set: (patch: Partial<Prefs>) => void }>((set, get) => ({
  ...read(),
  set: (patch) => {
    set(patch);
    const { set: _, ...rest } = get();
    localStorage.setItem(KEY, JSON.stringify(rest));
  },
}));
