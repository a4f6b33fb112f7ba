import { useLayoutEffect, useRef } from "react";
import { create } from "zustand";
import { useShellUi } from "../ui";

export type ShortcutGroup = "general" | "go" | "list" | "conversation" | "ticket" | "composer";

export interface Shortcut {
  /** `e`, `mod+k`, `shift+n`, `?`, `g i` (a sequence), `Enter`, `Escape`. */
  keys: string;
  group: ShortcutGroup;
  /** Already translated. */
  label: string;
  run: (event: KeyboardEvent) => void;
  /** Also while a text field has the focus (only sensible with a modifier or Escape). */
  inFields?: boolean;
  enabled?: boolean;
  /** Listed in the overlay but handled elsewhere. */
  passive?: boolean;
}

interface Registry {
  owners: Map<symbol, Shortcut[]>;
  register: (owner: symbol, list: Shortcut[]) => void;
  unregister: (owner: symbol) => void;
}

export const useShortcutRegistry = create<Registry>((set) => ({
  owners: new Map(),
  register: (owner, list) => set((s) => ({ owners: new Map(s.owners).set(owner, list) })),
  unregister: (owner) =>
    set((s) => {
      const owners = new Map(s.owners);
      owners.delete(owner);
      return { owners };
    }),
}));

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);
export const MOD = isMac ? "⌘" : "Ctrl";

interface KeyLike {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** Does this key press mean that step? Shift is part of printable characters (`?`) and so ignored for them. */
export function matchesStep(step: string, event: KeyLike): boolean {
  const parts = step.split("+");
  const key = parts.at(-1) ?? "";
  const wantMod = parts.includes("mod");
  const wantAlt = parts.includes("alt");
  const wantShift = parts.includes("shift");
  if (wantMod !== (event.ctrlKey || event.metaKey) || wantAlt !== event.altKey) return false;
  const printable = key.length === 1 && !/[a-z0-9]/i.test(key);
  if (!printable && wantShift !== event.shiftKey) return false;
  return event.key.toLowerCase() === key.toLowerCase();
}

/** What a press leads to, given the steps already typed: a full match, a longer one still possible, or nothing. */
export function resolvePress<S extends { keys: string }>(
  shortcuts: readonly S[],
  pending: readonly KeyLike[],
  event: KeyLike,
): { match: S | null; pending: boolean } {
  const typed = [...pending, event];
  let partial = false;
  for (let i = shortcuts.length - 1; i >= 0; i--) {
    const shortcut = shortcuts[i]!;
    const steps = shortcut.keys.split(" ");
    if (steps.length < typed.length) continue;
    if (!typed.every((press, n) => matchesStep(steps[n]!, press))) continue;
    if (steps.length === typed.length) return { match: shortcut, pending: false };
    partial = true;
  }
  return { match: null, pending: partial };
}

function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) ||
    target.closest("[role=combobox],[role=menu]") !== null
  );
}

/** Also what was asked for and is still being fetched: the keys that follow are meant for it. */
const modalOpen = () =>
  useShellUi.getState().palette ||
  document.querySelector(".ant-modal-wrap:not([style*='display: none']), .ant-drawer-open, .q-palette") !==
    null;

/** One listener for the whole console; later registrations win over earlier ones. */
export function useShortcutListener(): void {
  useLayoutEffect(() => {
    let pending: KeyboardEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      const field = inField(event.target);
      const modal = modalOpen();
      const onButton =
        event.target instanceof HTMLElement && event.target.closest("button,a,[role=button],[role=tab]");
      const active = [...useShortcutRegistry.getState().owners.values()]
        .flat()
        .filter((s) => s.enabled !== false && !s.passive && (!(field || modal) || s.inFields))
        // Enter and Space on a focused button belong to the button.
        .filter((s) => !(onButton && (s.keys === "Enter" || s.keys === " ")));
      const result = resolvePress(active, pending, event);
      clearTimeout(timer);
      if (result.match) {
        pending = [];
        event.preventDefault();
        result.match.run(event);
      } else if (result.pending) {
        pending = [...pending, event];
        timer = setTimeout(() => {
          pending = [];
        }, 1200);
      } else pending = [];
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/** Register keys while the component is mounted. The handlers may change on every render. */
export function useShortcuts(shortcuts: Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const signature = shortcuts.map((s) => `${s.keys}|${s.label}|${s.enabled !== false}`).join("\n");
  // Before it is seen: a key that is pressed at the sight of what it is for must not come to nothing.
  useLayoutEffect(() => {
    const owner = Symbol("shortcuts");
    useShortcutRegistry.getState().register(
      owner,
      latest.current.map((s, index) => ({ ...s, run: (event) => latest.current[index]?.run(event) })),
    );
    return () => useShortcutRegistry.getState().unregister(owner);
  }, [signature]);
}

/** `mod+k` → `Ctrl` `K`, for showing. */
export function keyCaps(step: string): string[] {
  const names: Record<string, string> = {
    mod: MOD,
    shift: "⇧",
    alt: isMac ? "⌥" : "Alt",
    enter: "↵",
    escape: "Esc",
    arrowup: "↑",
    arrowdown: "↓",
    " ": "␣",
  };
  return step.split("+").map((k) => names[k.toLowerCase()] ?? (k.length === 1 ? k.toUpperCase() : k));
}
