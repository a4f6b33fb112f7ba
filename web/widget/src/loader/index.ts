import type { ToFrame, ToHost } from "../core/bridge.ts";
import { ground, onColor, parseHex, toHex } from "../core/color.ts";
import type { Page } from "../core/types.ts";
import { CSS } from "./style.ts";

/**
 * The one script a host page includes. It draws the launcher and brings the iframe in when it is first needed; all
 * else lives in the iframe. Everything is inside a shadow root styled by a constructed sheet, so neither the host's
 * CSS nor a strict host CSP (no `unsafe-inline`) gets in the way, and nothing of the host's layout moves.
 */
type Listener = (data: unknown) => void;
type Command = (name: string, ...args: unknown[]) => void;
interface Api extends Command {
  q?: ArrayLike<unknown>[];
  loaded?: boolean;
}

const WORDS = {
  zh: {
    open: "打开在线客服",
    close: "收起在线客服",
    title: "在线客服",
    unread: "条未读消息",
    dismiss: "关闭提示",
  },
  en: {
    open: "Open support chat",
    close: "Close support chat",
    title: "Support chat",
    unread: "unread messages",
    dismiss: "Dismiss",
  },
};
const ICON_CHAT =
  "M12 3C6.9 3 3 6.6 3 11c0 2.3 1.1 4.4 2.9 5.9-.1 1-.5 2.2-1.3 3.2-.2.3 0 .7.4.7 1.9-.1 3.4-.8 4.5-1.6.8.2 1.6.3 2.5.3 5.1 0 9-3.6 9-8.5S17.1 3 12 3Z";
const ICON_DOWN = "M6 9.5l6 6 6-6";

function start(script: HTMLScriptElement): void {
  const { key, position, locale: wishedLocale, identityToken, accent: wishedAccent } = script.dataset;
  const base = new URL(script.src).origin;
  if (!key) {
    console.warn("Qiao: the script tag needs data-key.");
    return;
  }
  const memory = `qiao:${key}`;
  const saved = read(localStore(), memory);
  /** Of this visit, from page to page: whether the chat stands open, and the invitation that was accepted. */
  const visit = read(sessionStore(), memory);
  const listeners: Record<string, Listener[]> = {};
  let identity: string | null = identityToken ?? null;
  let locale = wishedLocale || document.documentElement.lang || navigator.language || "zh-CN";
  let frame: HTMLIFrameElement | null = null;
  let ready = false;
  let open = false;
  let shownPreview = "";
  let cart = false;
  let greeting: ToFrame | null = null;
  let answer: ((accepted: boolean) => void) | null = null;
  const words = () => (/^zh/i.test(locale) ? WORDS.zh : WORDS.en);

  const host = document.createElement("div");
  host.id = "qiao-widget";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];

  const launcher = element("button", "launcher");
  launcher.type = "button";
  launcher.setAttribute("aria-haspopup", "dialog");
  const badge = element("span", "badge");
  badge.hidden = true;
  launcher.append(icon(ICON_CHAT, "chat"), icon(ICON_DOWN, "down"), badge);
  const preview = element("div", "preview");
  preview.hidden = true;
  preview.setAttribute("role", "status");
  const previewOpen = element("button", "text");
  previewOpen.type = "button";
  const who = element("b");
  const said = element("span");
  previewOpen.append(who, said);
  const dismiss = element("button", "x");
  dismiss.type = "button";
  dismiss.textContent = "×";
  preview.append(previewOpen, dismiss);
  const panel = element("div", "panel");
  root.append(panel, preview, launcher);

  launcher.onclick = () => (open ? hide(true) : show());
  previewOpen.onclick = () => {
    const asked = answer;
    answer = null;
    if (asked) asked(true);
    else show();
  };
  launcher.onkeydown = (event) => {
    if (event.key === "Escape") hide(true);
  };
  dismiss.onclick = () => {
    preview.hidden = true;
    const asked = answer;
    answer = null;
    asked?.(false);
  };

  function theme(accent: string | null | undefined, side: string | null | undefined): void {
    const rgb = parseHex(accent);
    if (rgb) {
      host.style.setProperty("--accent", toHex(ground(rgb)));
      host.style.setProperty("--on", onColor(ground(rgb)));
    }
    host.toggleAttribute("data-left", (position ?? side) === "left");
  }

  function label(count = Number(badge.dataset.n ?? 0)): void {
    badge.dataset.n = String(count);
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? "99+" : String(count);
    const name = open ? words().close : words().open;
    launcher.setAttribute("aria-label", count ? `${name} (${count} ${words().unread})` : name);
    launcher.setAttribute("aria-expanded", String(open));
    dismiss.setAttribute("aria-label", words().dismiss);
  }

  const phone = () => matchMedia("(max-width: 520px), (max-height: 480px)").matches;

  function page(extra?: Partial<Page>): Page {
    const { invitation } = visit as Partial<Page>;
    return { url: location.href, title: document.title, referrer: document.referrer, invitation, ...extra };
  }

  function tell(message: ToFrame): void {
    if (ready) frame?.contentWindow?.postMessage(message, base);
  }

  function load(): void {
    if (frame) return;
    frame = element("iframe");
    frame.title = words().title;
    frame.allow = "clipboard-write; autoplay";
    const at = new URL("/widget/frame", base);
    at.searchParams.set("key", key!);
    at.searchParams.set("origin", location.origin);
    at.searchParams.set("locale", locale);
    frame.src = at.href;
    panel.append(frame);
  }

  function show(): void {
    load();
    open = true;
    answer = null;
    preview.hidden = true;
    host.toggleAttribute("data-open", true);
    // A page that scrolls behind a full-screen chat is lost when the customer comes back to it.
    if (phone()) document.documentElement.style.setProperty("overflow", "hidden");
    keep({ open });
    label();
    frame!.focus();
    tell({ qiao: "show", phone: phone() });
    emit("open", null);
  }

  function hide(focus: boolean): void {
    if (!open) return;
    open = false;
    host.removeAttribute("data-open");
    document.documentElement.style.removeProperty("overflow");
    keep({ open });
    label();
    tell({ qiao: "hide" });
    if (focus) launcher.focus();
    emit("close", null);
  }

  function emit(name: string, data: unknown): void {
    for (const listener of listeners[name] ?? []) listener(data);
  }

  addEventListener("message", (event: MessageEvent<ToHost>) => {
    if (event.origin !== base || !frame || event.source !== frame.contentWindow) return;
    const m = event.data;
    switch (m?.qiao) {
      case "ready":
        ready = true;
        tell({
          qiao: "init",
          page: page(),
          identity,
          locale,
          stored: (saved.token as string) ?? null,
          open,
          phone: phone(),
        });
        if (greeting) tell(greeting);
        greeting = null;
        emit("ready", null);
        break;
      case "close":
        hide(true);
        break;
      case "theme":
        theme(m.accent, m.position);
        remember({ accent: m.accent, position: m.position });
        break;
      case "unread":
        label(m.count);
        if (m.preview && !open && m.preview.text !== shownPreview) {
          shownPreview = m.preview.text;
          answer = null;
          who.textContent = m.preview.name;
          said.textContent = m.preview.text;
          preview.hidden = false;
        } else if (m.count === 0 && !answer) preview.hidden = true;
        emit("unread", m.count);
        break;
      case "active":
        remember({ active: m.active });
        break;
      case "store":
        remember({ token: m.token });
        break;
      case "event":
        emit(m.name, m.data);
        break;
    }
  });

  function keep(change: Record<string, unknown>): void {
    Object.assign(visit, change);
    write(sessionStore(), memory, visit);
  }

  function remember(change: Record<string, unknown>): void {
    Object.assign(saved, change);
    write(localStore(), memory, saved);
  }

  const commands: Record<string, (...args: never[]) => void> = {
    open: show,
    close: () => hide(false),
    toggle: () => (open ? hide(false) : show()),
    identify(token: string | null = null) {
      identity = token;
      tell({ qiao: "identify", token });
    },
    page: (extra?: Partial<Page>) => tell({ qiao: "page", page: page(extra) }),
    cart(filled: unknown) {
      cart = Boolean(filled);
    },
    on(name: string, listener: Listener) {
      listeners[name] ??= [];
      listeners[name].push(listener);
    },
    locale(wish: string) {
      locale = wish;
      label();
      tell({ qiao: "locale", locale });
    },
  };
  const queued = window.Qiao?.q ?? [];
  const api: Api = (name, ...args) => {
    const command = Object.hasOwn(commands, name) ? commands[name] : null;
    if (command) command(...(args as never[]));
    else console.warn(`Qiao: there is no command “${name}”.`);
  };
  api.loaded = true;
  window.Qiao = api;

  theme(wishedAccent ?? (saved.accent as string), saved.position as string);
  label(0);
  for (const [name, ...args] of Array.from(queued, (call) => Array.from(call))) api(String(name), ...args);

  function appear(): void {
    if (host.isConnected) return;
    document.body.append(host);
    // Someone in the middle of a conversation gets its messages (and the badge) without opening it again.
    if (visit.open && !phone()) show();
    else if (saved.active) idle(load);
  }

  /** Sites that have invitations fetch what decides about them; all others never hear of it. */
  function invite(): void {
    import(/* @vite-ignore */ `${base}/widget/invite.js`)
      .then((module) =>
        module.invite({
          base,
          key,
          locale: () => locale,
          known: () => identity !== null,
          busy: () => open || saved.active === true || !preview.hidden,
          cart: () =>
            cart || Number(document.querySelector<HTMLElement>("[data-qiao-cart]")?.dataset.qiaoCart) > 0,
          say(text: string, accept: () => void, refuse: () => void) {
            who.textContent = words().title;
            said.textContent = text;
            preview.hidden = false;
            answer = (accepted) => (accepted ? accept : refuse)();
          },
          open(text: string, invitation: string) {
            keep({ invitation });
            const message: ToFrame = { qiao: "invited", text, page: page() };
            if (ready) tell(message);
            else greeting = message;
            show();
          },
          emit,
        }),
      )
      .catch(() => undefined);
  }

  function begin(): void {
    // Known from last time: appear at once. Else wait for the company's colour, so that it never flashes.
    if (saved.accent) appear();
    fetch(`${base}/api/v1/widget/${encodeURIComponent(key!)}/config?locale=${encodeURIComponent(locale)}`, {
      credentials: "omit",
    })
      .then(async (response) => {
        if (response.status === 404 || response.status === 403) {
          console.warn("Qiao: data-key is not known here, or not allowed on this site.");
          host.remove();
          return;
        }
        const config = (await response.json()) as {
          accent?: string;
          position?: string;
          features?: { invitations?: boolean };
        };
        theme(wishedAccent ?? config.accent, config.position);
        remember({ accent: config.accent ?? null, position: config.position ?? null });
        appear();
        if (config.features?.invitations) idle(invite);
      })
      // The host's connect-src may forbid the question; the iframe tells the colour later.
      .catch(appear);
  }
  if (document.readyState === "complete") idle(begin);
  else addEventListener("load", () => idle(begin));
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, name = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

function icon(path: string, name: string): SVGSVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add(name);
  const shape = document.createElementNS(ns, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

function idle(job: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(job, { timeout: 1500 });
  else setTimeout(job, 1);
}

// Touching either storage throws where the browser blocks it.
function localStore(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function sessionStore(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function read(store: Storage | null, name: string): Record<string, unknown> {
  try {
    return JSON.parse(store?.getItem(name) ?? "{}") as Record<string, unknown>;
  } catch {
    return {};
  }
}

function write(store: Storage | null, name: string, value: Record<string, unknown>): void {
  try {
    store?.setItem(name, JSON.stringify(value));
  } catch {
    // Full or forbidden: the next page simply starts afresh.
  }
}

declare global {
  interface Window {
    Qiao?: Api;
  }
}

if (window.Qiao?.loaded)
  console.warn("Qiao: the widget is already on this page; the second script tag is ignored.");
else if (document.currentScript instanceof HTMLScriptElement) start(document.currentScript);
else console.warn("Qiao: load widget.js with a plain script tag, not as a module.");
