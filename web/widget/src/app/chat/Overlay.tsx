import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useApp } from "../context.ts";
import { useDialog } from "../dialog.ts";
import { Icon } from "../icons.tsx";

/** A sheet over the chat: an article, a picture, a form. Esc and the backdrop leave it. */
export function Overlay(p: {
  title: string;
  onClose: () => void;
  dark?: boolean;
  children: ComponentChildren;
}) {
  const { t } = useApp();
  const box = useRef<HTMLDivElement>(null);
  useDialog(box, true, p.onClose);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; the keyboard has Esc and the button
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same
    <div
      class={p.dark ? "overlay dark" : "overlay"}
      onClick={(event) => {
        if (event.target === event.currentTarget) p.onClose();
      }}
    >
      <div class="sheet" ref={box} role="dialog" aria-modal="true" aria-label={p.title}>
        <header>
          <h2>{p.title}</h2>
          <button type="button" class="icon-button" aria-label={t("a11y.back")} onClick={p.onClose}>
            <Icon name="close" />
          </button>
        </header>
        {p.children}
      </div>
    </div>
  );
}
