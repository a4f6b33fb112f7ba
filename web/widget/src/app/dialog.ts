import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

const FOCUSABLE =
  'a[href],button:not([disabled]),textarea:not([disabled]),input:not([disabled]):not([type="hidden"]),select,[tabindex]:not([tabindex="-1"])';

/** Keep the keyboard inside a dialog while it is shown, let Esc leave it, and give the focus back afterwards. */
export function useDialog(
  box: RefObject<HTMLElement | null>,
  shown: boolean,
  leave: () => void,
  grab = true,
): void {
  useEffect(() => {
    const root = box.current;
    if (!shown || !root) return;
    const before = document.activeElement as HTMLElement | null;
    if (grab)
      (
        root.querySelector<HTMLElement>("[data-autofocus]") ??
        root.querySelector<HTMLElement>(FOCUSABLE) ??
        root
      ).focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        leave();
      } else if (event.key === "Tab") {
        const all = [...root.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
          (e) => e.offsetParent !== null || e === document.activeElement,
        );
        const first = all[0];
        const last = all.at(-1);
        if (!first || !last) return;
        if (event.shiftKey && (document.activeElement === first || !root.contains(document.activeElement))) {
          event.preventDefault();
          last.focus();
        } else if (!event.shiftKey && document.activeElement === last) {
          event.preventDefault();
          first.focus();
        }
      }
    };
    root.addEventListener("keydown", onKey);
    return () => {
      root.removeEventListener("keydown", onKey);
      if (grab && before?.isConnected) before.focus();
    };
  }, [shown]);
}
