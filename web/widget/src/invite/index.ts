import { choose, type Rule } from "./rules.ts";

/** What the loader lends: where the server is, the bubble, the way into the chat. */
export interface Tools {
  base: string;
  key: string;
  locale(): string;
  known(): boolean;
  /** Whether the chat is open, or a conversation is going on: then nobody is invited. */
  busy(): boolean;
  cart(): boolean;
  /** Shows the bubble. */
  say(text: string, accept: () => void, dismiss: () => void): void;
  /** Opens the chat with a word of welcome. */
  open(text: string, id: string): void;
  emit(name: string, data: unknown): void;
}

interface Kept {
  memory?: string;
  visits?: number;
}

const EVERY_MS = 1000;

/**
 * Fetched by the loader where a site has invitations. What it remembers is this site's own storage: how often it was
 * visited, and a sealed note of what was shown. Nothing of it is sent anywhere but to the server the chat is on.
 */
export function invite(tools: Tools): void {
  const name = `qiao:invite:${tools.key}`;
  const kept: Kept = read(name);
  try {
    if (!sessionStorage.getItem(name)) {
      sessionStorage.setItem(name, "1");
      kept.visits = (kept.visits ?? 0) + 1;
    }
  } catch {
    // Storage is forbidden: every page is a first visit.
  }
  kept.visits ??= 1;
  const keep = (memory: string) => {
    kept.memory = memory;
    write(name, kept);
  };
  write(name, kept);

  const address = `${tools.base}/api/v1/widget/${encodeURIComponent(tools.key)}/invitations`;
  const post = async (id: string, what: string): Promise<boolean> => {
    const response = await fetch(address, {
      method: "POST",
      credentials: "omit",
      keepalive: true,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id, what, memory: kept.memory ?? "" }),
    });
    if (!response.ok) return false;
    const answer = (await response.json()) as { show: boolean; memory: string };
    keep(answer.memory);
    return answer.show;
  };

  let rules: Rule[] = [];
  let url = location.href;
  let arrived = Date.now();
  let touched = Date.now();
  let scroll = 0;
  let leaving = false;
  let asking = false;
  let shown = false;

  const measure = () => {
    const room = document.documentElement.scrollHeight - innerHeight;
    scroll = Math.max(scroll, room > 0 ? Math.round((scrollY / room) * 100) : 100);
  };
  const touch = () => {
    touched = Date.now();
  };
  addEventListener("scroll", measure, { passive: true });
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, touch, { passive: true });
  document.documentElement.addEventListener("mouseleave", (event) => {
    if (event.clientY <= 0) {
      leaving = true;
      void look();
    }
  });

  async function look(): Promise<void> {
    if (location.href !== url) {
      // A page of one script changed its address: it is another page now.
      url = location.href;
      arrived = touched = Date.now();
      scroll = 0;
      leaving = shown = false;
    }
    if (shown || asking || tools.busy() || document.visibilityState !== "visible") return;
    const rule = choose(rules, {
      url,
      seconds: (Date.now() - arrived) / 1000,
      visits: kept.visits ?? 1,
      scroll,
      leaving,
      idle: (Date.now() - touched) / 1000,
      cart: tools.cart(),
      known: tools.known(),
    });
    leaving = false;
    if (!rule) return;
    asking = true;
    try {
      // The server has the last word on how often; what it refuses is not asked again on this page.
      rules = rules.filter((one) => one !== rule);
      if (!(await post(rule.id, "ask")) || tools.busy()) return;
      shown = true;
      tools.say(
        rule.text,
        () => {
          void post(rule.id, "accepted");
          tools.open(rule.text, rule.id);
          tools.emit("invitation", { id: rule.id, what: "accepted" });
        },
        () => {
          void post(rule.id, "dismissed");
          tools.emit("invitation", { id: rule.id, what: "dismissed" });
        },
      );
      tools.emit("invitation", { id: rule.id, what: "shown" });
    } catch {
      // No network: nobody is invited.
    } finally {
      asking = false;
    }
  }

  const query = new URLSearchParams({ locale: tools.locale(), memory: kept.memory ?? "" });
  fetch(`${address}?${query}`, { credentials: "omit" })
    .then(async (response) => {
      if (!response.ok) return;
      const answer = (await response.json()) as { rules: Rule[]; memory: string };
      keep(answer.memory);
      rules = answer.rules;
      if (!rules.length) return;
      measure();
      setInterval(() => void look(), EVERY_MS);
    })
    .catch(() => undefined);
}

function read(name: string): Kept {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "{}") as Kept;
  } catch {
    return {};
  }
}

function write(name: string, value: Kept): void {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Full or forbidden: caps hold for as long as this page lives.
  }
}
