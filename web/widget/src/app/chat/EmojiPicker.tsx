import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../context.ts";

const ALL = [
  ..."😀😄😁😆😅🤣😂🙂😉😊😇🥰😍😘😋😜🤔🤗🤭😐😏😌😔😴😷🤒🥳😎🤓😕😟😮😳🥺😢😭😤😡🤯😱👍👎👌🙏👏🙌💪🤝👋🤙👀💡🎉🎁🌹💐🔥✨⭐🍀☕🍻🚚📦💰🛒📷📎✅❌❓❗💯🧧",
  "❤️",
  "✌️",
];
const COLUMNS = 8;

export function EmojiPicker({ onPick, onClose }: { onPick: (emoji: string) => void; onClose: () => void }) {
  const { t } = useApp();
  const grid = useRef<HTMLDivElement>(null);
  const buttons = () => [...grid.current!.querySelectorAll("button")];
  useEffect(() => {
    buttons()[0]?.focus();
    const outside = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!grid.current?.contains(target) && !target.closest(".composer-bar")) onClose();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      document.querySelector<HTMLElement>(".composer textarea")?.focus();
    } else if (step) {
      event.preventDefault();
      const all = buttons();
      all[
        Math.max(0, Math.min(all.length - 1, all.indexOf(document.activeElement as HTMLButtonElement) + step))
      ]?.focus();
    }
  };
  return (
    <div class="emoji" ref={grid} role="dialog" aria-label={t("a11y.emoji")} onKeyDown={onKeyDown}>
      {ALL.map((emoji, i) => (
        <button key={emoji} type="button" tabIndex={i === 0 ? 0 : -1} onClick={() => onPick(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
}
