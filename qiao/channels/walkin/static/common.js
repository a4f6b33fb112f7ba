import { TEXTS } from "./texts.js";

const store = {
  get: (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set: (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // A browser that keeps nothing works all the same.
    }
  },
};

export { store };

function firstLocale() {
  const wanted = new URLSearchParams(location.search).get("lang") || store.get("qiao.walkin.lang");
  for (const tag of [wanted, ...(navigator.languages || [navigator.language])]) {
    if (tag?.toLowerCase().startsWith("zh")) return "zh-CN";
    if (tag?.toLowerCase().startsWith("en")) return "en";
  }
  return "zh-CN";
}

let locale = firstLocale();
document.documentElement.lang = locale;

export const lang = () => locale;
export function setLang(to, keep = true) {
  locale = to;
  document.documentElement.lang = to;
  if (keep) store.set("qiao.walkin.lang", to);
}
export const otherLang = () => (locale === "en" ? "zh-CN" : "en");

export function t(key, params = {}, language = locale) {
  return (TEXTS[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
}

/** A name in both languages, as the reader wants it. */
export const named = (both) => (locale === "en" ? both.en || both["zh-CN"] : both["zh-CN"] || both.en) || "";

/** An element: `h("button.big", { onclick }, "text", child)`. Text is text, never markup. */
export function h(what, props, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== "list" && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
  return element;
}

export const app = document.getElementById("app");
export function show(...children) {
  app.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

export class Failure extends Error {
  constructor(status, body) {
    super(body?.detail || "");
    this.status = status;
    this.code = body?.code;
    this.fields = body?.errors || [];
  }
  get sentence() {
    return this.fields[0]?.message || this.message || t("offline");
  }
}

export async function call(path, body) {
  let response;
  try {
    response = await fetch(`/api/v1/walkin${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        Accept: "application/json",
        "Accept-Language": locale,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Failure(0, null);
  }
  const json = await response.json().catch(() => null);
  if (!response.ok) throw new Failure(response.status, json);
  return json;
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What tells this device from others, made once. */
export function device() {
  let known = store.get("qiao.walkin.device");
  if (!known) {
    known = newKey();
    store.set("qiao.walkin.device", known);
  }
  return known;
}

/** Asks again and again; the pause grows while there is no connection. `every(result)` may change it. */
export function poll(read, seen, every) {
  let failures = 0;
  let timer = 0;
  let stopped = false;
  const turn = async () => {
    clearTimeout(timer);
    let pause = 4000;
    try {
      const found = await read();
      failures = 0;
      if (stopped) return;
      seen(found, null);
      pause = every ? every(found) : 4000;
    } catch (error) {
      if (stopped) return;
      if (error.status === 404) {
        show(notice(t("gone")));
        return;
      }
      failures += 1;
      seen(null, error);
      pause = Math.min(20000, 1500 * 2 ** Math.min(failures, 4));
    }
    if (!stopped) timer = setTimeout(turn, pause);
  };
  const wake = () => {
    if (!document.hidden) void turn();
  };
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  void turn();
  return {
    now: turn,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

export const notice = (text) => h("p.notice", { role: "status" }, text);

export function clockTime(at, zone, withDay = false) {
  return new Intl.DateTimeFormat(locale === "en" ? "en-GB" : "zh-CN", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
    ...(withDay ? { month: "short", day: "numeric", weekday: "short" } : {}),
  }).format(typeof at === "string" ? new Date(at) : at);
}

export function span(seconds) {
  if (seconds === 0) return t("now");
  if (seconds < 60) return t("under_a_minute");
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60
    ? t("minutes", { n: minutes })
    : t("hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** A code is spoken letter by letter: A, 0, 1, 2. */
export const spelled = (code) => [...code].join(" ");

let audio = null;
export function wakeSound() {
  audio ??= new (window.AudioContext || window.webkitAudioContext)();
  return audio.resume();
}

/** Two soft tones, a third apart. Resolves when they have faded. */
export function chime() {
  if (audio?.state !== "running") return Promise.resolve();
  for (const [delay, pitch] of [
    [0, 659.25],
    [0.35, 523.25],
  ]) {
    const tone = audio.createOscillator();
    const level = audio.createGain();
    const from = audio.currentTime + delay;
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0.0001, from);
    level.gain.exponentialRampToValueAtTime(0.35, from + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, from + 0.9);
    tone.connect(level).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 1);
  }
  return new Promise((resolve) => setTimeout(resolve, 1200));
}

/** Keeps the screen on, where the browser lets us. */
export async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // The device goes its own way.
  }
}
