import type { ToFrame, ToHost } from "../core/bridge.ts";

type Init = Extract<ToFrame, { qiao: "init" }>;

export interface Host {
  init: Promise<Init>;
  tell(message: ToHost): void;
  listen(handler: (message: ToFrame) => void): void;
}

/**
 * The line to the host page. Its origin comes in our own address, and is proved by the browser twice over: what we
 * post is delivered to that origin only, and what we hear counts only from it and from our direct parent.
 */
export function createHost(params: URLSearchParams): Host {
  const origin = params.get("origin");
  const embedded = window.parent !== window && origin !== null;
  const handlers: ((message: ToFrame) => void)[] = [];
  const standalone: Init = {
    qiao: "init",
    page: { url: location.href, title: document.title, referrer: document.referrer },
    identity: null,
    locale: params.get("locale") ?? navigator.language,
    stored: null,
    open: true,
    phone: true,
  };
  let settle: (init: Init) => void = () => undefined;
  const init = new Promise<Init>((resolve) => {
    settle = resolve;
  });
  const tell = (message: ToHost) => {
    if (embedded) window.parent.postMessage(message, origin);
  };
  if (embedded) {
    window.addEventListener("message", (event: MessageEvent<ToFrame>) => {
      if (event.source !== window.parent || event.origin !== origin || !event.data?.qiao) return;
      if (event.data.qiao === "init") settle(event.data);
      else for (const handler of handlers) handler(event.data);
    });
    tell({ qiao: "ready" });
  } else settle(standalone);
  return { init, tell, listen: (handler) => handlers.push(handler) };
}
