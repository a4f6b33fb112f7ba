import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useEngine } from "../context.ts";
import { Icon } from "../icons.tsx";
import { check, probe } from "./files.ts";

type Picker = ComponentType<{ onPick: (emoji: string) => void; onClose: () => void }>;

export function Composer() {
  const { engine, config, t, locale, vault, toast, phone } = useApp();
  const state = useEngine(engine);
  const [text, setText] = useState(vault.get("draft") ?? "");
  const [EmojiPicker, setPicker] = useState<Picker | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const composing = useRef(false);
  const agent = state.conversation?.status === "assigned" ? state.conversation.agent : null;

  useEffect(() => {
    const el = area.current!;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight, 132)}px`;
  }, [text]);

  const write = (value: string) => {
    setText(value);
    vault.set("draft", value || null);
  };
  const send = () => {
    if (!text.trim()) return;
    engine.sendText(text);
    write("");
    area.current?.focus();
  };
  const onInput = (value: string) => {
    write(value);
    setPicker(null);
    if (!value.trim()) {
      engine.typingStopped();
      return;
    }
    // The session is opened while the customer writes, so that sending needs no second trip.
    engine.ensureSession().catch(() => undefined);
    if (!composing.current) engine.typing(config.features.send_preview ? value : undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // In Chinese input Enter takes the word from the candidates: it must never send. Safari reports that
    // Enter after the composition has ended, but still with the key code 229.
    if (event.isComposing || composing.current || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    }
  };
  const take = async (files: Iterable<File>) => {
    for (const file of files) {
      const problem = check(file, config.limits, t, locale);
      if (problem) toast(problem);
      else await engine.sendFile(file, await probe(file));
    }
  };
  const insert = (emoji: string) => {
    const el = area.current!;
    const at = el.selectionStart ?? text.length;
    write(text.slice(0, at) + emoji + text.slice(el.selectionEnd ?? at));
    requestAnimationFrame(() => {
      el.focus();
      el.setSelectionRange(at + emoji.length, at + emoji.length);
    });
  };

  return (
    <div
      class="composer"
      onPaste={(event) => {
        const files = event.clipboardData?.files;
        if (files?.length && config.features.files) {
          event.preventDefault();
          void take(files);
        }
      }}
    >
      {EmojiPicker && <EmojiPicker onPick={insert} onClose={() => setPicker(null)} />}
      <div class="composer-box">
        <textarea
          ref={area}
          rows={1}
          data-first={phone ? undefined : true}
          value={text}
          maxLength={8000}
          aria-label={t("a11y.composer")}
          placeholder={agent ? t("chat.placeholder_agent", { name: agent.name }) : t("chat.placeholder")}
          enterkeyhint="send"
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onCompositionStart={() => {
            composing.current = true;
          }}
          onCompositionEnd={() => {
            composing.current = false;
          }}
        />
        <div class="composer-bar">
          {config.features.files && (
            <button
              type="button"
              class="icon-button"
              aria-label={t("a11y.attach")}
              title={t("a11y.attach")}
              onClick={() => picker.current?.click()}
            >
              <Icon name="clip" />
            </button>
          )}
          <button
            type="button"
            class="icon-button"
            aria-label={t("a11y.emoji")}
            title={t("a11y.emoji")}
            aria-expanded={EmojiPicker !== null}
            onClick={() => {
              if (EmojiPicker) setPicker(null);
              else void import("./EmojiPicker.tsx").then((m) => setPicker(() => m.EmojiPicker));
            }}
          >
            <Icon name="smile" />
          </button>
          <span class="grow" />
          <button
            type="button"
            class="send"
            aria-label={t("a11y.send")}
            disabled={!text.trim()}
            onClick={send}
          >
            <Icon name="send" size={18} />
          </button>
        </div>
      </div>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={config.limits.types.join(",") || undefined}
        onChange={(event) => {
          const input = event.currentTarget;
          if (input.files) void take([...input.files]);
          input.value = "";
        }}
      />
    </div>
  );
}
