import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { backoff } from "../core/backoff.ts";
import type { Engine } from "../core/engine.ts";
import { type Api, ApiError, type Tabs, type Vault } from "../core/ports.ts";
import { countsAsUnread, unread } from "../core/state.ts";
import type { Config, Locale, Message } from "../core/types.ts";
import { type Key, type Params, translate } from "../i18n/index.ts";
import { Chat } from "./chat/Chat.tsx";
import { summary } from "./chat/summary.ts";
import { type AppContext, Context, useEngine } from "./context.ts";
import { useDialog } from "./dialog.ts";
import { Home } from "./Home.tsx";
import type { Host } from "./host.ts";
import { Icon } from "./icons.tsx";
import { chime } from "./sound.ts";
import { applyTheme } from "./theme.ts";

/** Who is online and how long one waits is asked again when the widget is opened after this long. */
const CONFIG_AGE_MS = 60_000;

interface Props {
  engine: Engine;
  api: Api;
  vault: Vault;
  host: Host;
  tabs: Tabs;
  locale: Locale;
  initiallyOpen: boolean;
  initiallyPhone: boolean;
  /** What they were invited with: how they are greeted, at once in the chat. */
  invited: string | null;
  incoming: Set<(message: Message) => void>;
}

export function App(p: Props) {
  const { engine, host, vault, locale } = p;
  const state = useEngine(engine);
  const [config, setConfig] = useState<Config | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [tries, setTries] = useState(0);
  const { invited } = p;
  const [open, setOpen] = useState(p.initiallyOpen);
  const [phone, setPhone] = useState(p.initiallyPhone);
  const [view, setView] = useState<"home" | "chat">("home");
  const [sound, setSoundState] = useState(vault.get("sound") !== "off");
  const [toast, setToast] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const images = useRef(new Map<string, string>());
  const chosen = useRef(false);
  const loadedAt = useRef(0);
  const t = useCallback((key: Key, params?: Params) => translate(locale, key, params), [locale]);

  useEffect(() => {
    let gone = false;
    p.api.config(locale).then(
      (loaded) => {
        if (gone) return;
        loadedAt.current = Date.now();
        setConfig(loaded);
        setFailure(null);
        applyTheme(loaded.accent, loaded.theme);
        if (loaded.accent) host.tell({ qiao: "theme", accent: loaded.accent, position: loaded.position });
      },
      (error) => !gone && setFailure(error instanceof ApiError ? error : new ApiError(0, "network", "")),
    );
    return () => {
      gone = true;
    };
  }, [locale, tries]);

  // Whoever was here before, or is signed in at the host, gets their conversation back without asking.
  useEffect(() => {
    if (!engine.returning && !engine.identityToken) return;
    let stopped = false;
    let attempt = 0;
    const go = () => {
      if (stopped) return;
      engine.ensureSession().catch(() => setTimeout(go, backoff(attempt++, Math.random())));
    };
    go();
    return () => {
      stopped = true;
    };
  }, [engine]);

  const conversation = state.conversation;
  const live =
    conversation !== null && conversation.status !== "closed" && conversation.status !== "resolved";
  useEffect(() => {
    // Decided once: after that the customer's own navigation counts.
    if (!chosen.current && live) {
      chosen.current = true;
      setView("chat");
    }
  }, [live]);
  useEffect(() => {
    if (engine.hasSession)
      host.tell({ qiao: "active", active: conversation !== null && conversation.status !== "closed" });
  }, [conversation?.id, conversation?.status]);

  useEffect(
    () =>
      host.listen((message) => {
        if (message.qiao === "show") {
          setPhone(message.phone);
          setOpen(true);
          if (Date.now() - loadedAt.current > CONFIG_AGE_MS) setTries((n) => n + 1);
        } else if (message.qiao === "hide") setOpen(false);
      }),
    [host],
  );

  useEffect(() => {
    if (!invited) return;
    chosen.current = true;
    setView("chat");
  }, [invited]);

  const waiting = unread(state);
  const newest = waiting ? state.messages.filter(countsAsUnread).at(-1) : undefined;
  const botName = config?.bot_name ?? "";
  useEffect(() => {
    const preview = newest
      ? {
          name: (newest.author.kind === "bot" && botName) || (newest.author.name ?? botName),
          text: summary(newest, t),
        }
      : null;
    host.tell({ qiao: "unread", count: waiting, preview });
  }, [waiting, newest?.id, t]);

  useEffect(() => {
    const heard = (message: Message) => {
      host.tell({ qiao: "event", name: "message", data: { id: message.id, author: message.author.kind } });
      const looking =
        open && view === "chat" && document.visibilityState === "visible" && document.hasFocus();
      // Several tabs hear the same message; the lock lets one of them speak.
      if (sound && !looking) void p.tabs.alone("sound", async () => ring(vault, message.id));
    };
    p.incoming.add(heard);
    return () => {
      p.incoming.delete(heard);
    };
  }, [open, view, sound]);

  const close = useCallback(() => host.tell({ qiao: "close" }), [host]);
  useDialog(box, open, close, false);
  useEffect(() => {
    if (!toast) return;
    const timer = setTimeout(() => setToast(null), 5000);
    return () => clearTimeout(timer);
  }, [toast]);
  useEffect(() => {
    // On a phone the keyboard would hide half of the chat before one has read it: the dialog itself takes the focus.
    if (open && config)
      (box.current?.querySelector<HTMLElement>("[data-first]") ?? box.current)?.focus({
        preventScroll: true,
      });
  }, [open, view, config !== null]);

  const app = useMemo<AppContext | null>(
    () =>
      config && {
        engine,
        config: invited ? { ...config, greeting: invited } : config,
        locale,
        t,
        phone,
        open,
        sound,
        setSound(on) {
          vault.set("sound", on ? null : "off");
          setSoundState(on);
          if (on) chime();
        },
        close,
        toast: setToast,
        vault,
        localImage: (id) => (id ? (images.current.get(id) ?? null) : null),
        async loadLocalImage(id) {
          const held = images.current.get(id);
          if (held) return held;
          const blob = await vault.blob(id);
          if (!blob) return null;
          const url = URL.createObjectURL(blob);
          images.current.set(id, url);
          return url;
        },
      },
    [config, invited, locale, phone, open, sound],
  );

  return (
    <div
      class={phone ? "app phone" : "app"}
      ref={box}
      role="dialog"
      aria-modal="true"
      aria-label={t("launcher.dialog")}
      tabIndex={-1}
    >
      {app ? (
        <Context.Provider value={app}>
          {view === "home" ? (
            <Home
              onChat={(question) => {
                chosen.current = true;
                setView("chat");
                if (question) engine.sendText(question);
              }}
            />
          ) : (
            <Chat onBack={() => setView("home")} />
          )}
        </Context.Provider>
      ) : failure ? (
        <Failure unknown={failure.status === 404} t={t} onRetry={() => setTries(tries + 1)} onClose={close} />
      ) : (
        <div class="splash" aria-busy="true">
          <span class="spinner" />
        </div>
      )}
      <div class="toasts" role="status">
        {toast && <p class="toast">{toast}</p>}
      </div>
    </div>
  );
}

function ring(vault: Vault, messageId: string): void {
  if (vault.get("rang") === messageId) return;
  vault.set("rang", messageId);
  chime();
}

function Failure(p: { unknown: boolean; t: AppContext["t"]; onRetry: () => void; onClose: () => void }) {
  return (
    <div class="splash" role="alert">
      <Icon name="alert" size={32} />
      <h1>{p.t(p.unknown ? "error.unknown_site" : "error.config")}</h1>
      {!p.unknown && <p>{p.t("error.config_hint")}</p>}
      <div class="row">
        {!p.unknown && (
          <button type="button" class="primary" onClick={p.onRetry}>
            {p.t("error.again")}
          </button>
        )}
        <button type="button" class="plain" onClick={p.onClose}>
          {p.t("a11y.close")}
        </button>
      </div>
    </div>
  );
}
