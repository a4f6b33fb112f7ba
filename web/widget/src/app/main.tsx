import { render } from "preact";
import { Engine } from "../core/engine.ts";
import type { Page } from "../core/types.ts";
import { pickLocale, translate } from "../i18n/index.ts";
import { createApi } from "../net/api.ts";
import { SocketOrPoll } from "../net/realtime.ts";
import { createTabs } from "../net/tabs.ts";
import { createVault } from "../net/vault.ts";
import { App } from "./App.tsx";
import { sentence } from "./context.ts";
import { createHost } from "./host.ts";
import { applyTheme } from "./theme.ts";

async function boot(): Promise<void> {
  const params = new URLSearchParams(location.search);
  const key = params.get("key") ?? "";
  let locale = pickLocale(params.get("locale"), navigator.language);
  document.documentElement.lang = locale;
  applyTheme(null, "auto");
  const host = createHost(params);
  const init = await host.init;
  const vault = createVault(key, (token) => host.tell({ qiao: "store", token }));
  vault.adopt(init.stored);
  const api = createApi(key, () => locale);
  const incoming = new Set<
    (m: Parameters<ConstructorParameters<typeof Engine>[0]["onIncoming"]>[0]) => void
  >();
  const tabs = createTabs(key);
  const engine = new Engine({
    api,
    vault,
    tabs,
    locale: () => locale,
    now: () => Date.now(),
    random: Math.random,
    newId,
    later: (job, ms) => {
      const timer = setTimeout(job, ms);
      return () => clearTimeout(timer);
    },
    isOnline: () => navigator.onLine,
    say: (error) => sentence(error, (k, p) => translate(locale, k, p)),
    onIncoming: (message) => {
      for (const handler of incoming) handler(message);
    },
  });
  engine.page = init.page;
  engine.identityToken = init.identity;
  const url = new URL("/ws/visitor", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  engine.realtime = new SocketOrPoll(url.href, {
    hello: () => ({
      token: api.token ?? "",
      conversation_id: engine.state.conversation?.id ?? null,
      after_seq: engine.state.conversation ? (engine.state.synced[engine.state.conversation.id] ?? 0) : 0,
    }),
    status: (connection) => {
      engine.dispatch({ type: "connection", connection });
      if (connection === "online" || connection === "polling") void engine.pump();
    },
    event: (type, conversationId, data) => engine.event(type, conversationId, data),
    resync: () => engine.resync(),
    poll: (waitS, signal) => engine.poll(waitS, signal),
    expired: () => engine.resync(),
  });
  addEventListener("online", () => void engine.pump());
  host.listen((message) => {
    // Kept here: it may come before the first drawing, when nothing of that listens yet.
    if (message.qiao === "invited") {
      engine.invited(message.page);
      invited = message.text;
      draw();
    } else if (message.qiao === "page") {
      engine.page = message.page satisfies Page;
    } else if (message.qiao === "identify") void engine.identify(message.token);
    else if (message.qiao === "locale") {
      locale = pickLocale(message.locale);
      draw();
    }
  });

  let invited: string | null = null;
  const root = document.getElementById("app")!;
  const draw = () => {
    document.documentElement.lang = locale;
    render(
      <App
        engine={engine}
        api={api}
        vault={vault}
        host={host}
        tabs={tabs}
        locale={locale}
        initiallyOpen={init.open}
        initiallyPhone={init.phone}
        invited={invited}
        incoming={incoming}
      />,
      root,
    );
  };
  draw();
}

/** `randomUUID` exists only in secure contexts; a shop tried out over plain http on a LAN is not one. */
function newId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = Array.from(b, (v) => v.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

void boot();
