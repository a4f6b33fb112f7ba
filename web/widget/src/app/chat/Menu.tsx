import { useEffect, useRef, useState } from "preact/hooks";
import { sentence, useApp, useEngine } from "../context.ts";
import { Icon, type IconName } from "../icons.tsx";
import { Overlay } from "./Overlay.tsx";

export function Menu({
  onLeave,
  onCall,
  transcript,
  mail,
}: {
  onLeave: () => void;
  /** Where customers may ask to be called. */
  onCall?: () => void;
  transcript: () => Promise<Blob>;
  mail: (to: string) => Promise<void>;
}) {
  const { engine, config, t, sound, setSound, toast } = useApp();
  const { conversation } = useEngine(engine);
  const [open, setOpen] = useState(false);
  const [mailing, setMailing] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const items = [...box.current!.querySelectorAll<HTMLElement>('[role="menuitem"]')];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
      box.current?.querySelector<HTMLElement>("button")?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]?.focus();
    }
  };
  const download = async () => {
    try {
      const url = URL.createObjectURL(await transcript());
      const link = document.createElement("a");
      link.href = url;
      link.download = `${t("menu.transcript_name")}-${conversation?.number ?? ""}.txt`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      toast(sentence(error, t));
    }
  };
  const item = (icon: IconName, text: string, run: () => void) => (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      onClick={() => {
        setOpen(false);
        run();
      }}
    >
      <Icon name={icon} size={18} /> {text}
    </button>
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the arrow keys of the menu items inside
    <div class="menu" ref={box} onKeyDown={onKeyDown}>
      <button
        type="button"
        class="icon-button"
        aria-label={t("a11y.menu")}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {open && (
        <div class="menu-list" role="menu">
          {item(sound ? "bell" : "mute", t(sound ? "menu.sound_off" : "menu.sound_on"), () =>
            setSound(!sound),
          )}
          {onCall && item("phone", t("call.title"), onCall)}
          {config.features.leave_message && item(onCall ? "mail" : "phone", t("menu.leave"), onLeave)}
          {conversation &&
            config.features.transcript_download &&
            item("download", t("menu.transcript"), () => void download())}
          {conversation &&
            config.features.transcript_mail &&
            item("mail", t("menu.mail"), () => setMailing(true))}
        </div>
      )}
      {mailing && <MailForm mail={mail} onClose={() => setMailing(false)} />}
    </div>
  );
}

function MailForm({ mail, onClose }: { mail: (to: string) => Promise<void>; onClose: () => void }) {
  const { t, toast } = useApp();
  const [email, setEmail] = useState("");
  const [error, setError] = useState("");
  const submit = async () => {
    if (!/^[^@\s]+@[^@\s.]+\.[^@\s]+$/.test(email.trim())) {
      setError(t("leave.bad_email"));
      return;
    }
    try {
      await mail(email.trim());
      toast(t("menu.mail_done", { email: email.trim() }));
      onClose();
    } catch (problem) {
      setError(sentence(problem, t));
    }
  };
  return (
    <Overlay title={t("menu.mail_title")} onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label class="field">
          <span>{t("leave.email")}</span>
          <input
            type="email"
            autocomplete="email"
            data-autofocus
            value={email}
            aria-invalid={error !== ""}
            onInput={(event) => setEmail(event.currentTarget.value)}
          />
          <em role="alert">{error}</em>
        </label>
        <div class="row-buttons">
          <button type="submit" class="primary">
            {t("menu.mail_send")}
          </button>
        </div>
      </form>
    </Overlay>
  );
}
