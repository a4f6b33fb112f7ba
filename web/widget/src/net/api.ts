import {
  type Api,
  ApiError,
  type CallbackOffer,
  type CallbackPromise,
  type MessagePage,
  type Poll,
  type Session,
} from "../core/ports.ts";
import type { Config, Conversation, Features, FilePayload, Locale, Message } from "../core/types.ts";

type Json = Record<string, unknown>;

interface Ask {
  method?: string;
  body?: Json;
  query?: Record<string, string | number | null | undefined>;
  signal?: AbortSignal;
}

/** HTTP to our own server; the iframe is served by it, so every path is same-origin. */
export function createApi(key: string, locale: () => Locale): Api {
  const base = "/api/v1/widget";

  function headers(extra: Record<string, string> = {}): Record<string, string> {
    const all: Record<string, string> = { Accept: "application/json", "Accept-Language": locale(), ...extra };
    if (api.token) all.Authorization = `Bearer ${api.token}`;
    return all;
  }

  async function raw(path: string, ask: Ask = {}): Promise<Response> {
    const url = new URL(base + path, location.origin);
    for (const [name, value] of Object.entries(ask.query ?? {})) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    let response: Response;
    try {
      response = await fetch(url, {
        method: ask.method ?? (ask.body ? "POST" : "GET"),
        headers: headers(ask.body ? { "Content-Type": "application/json" } : {}),
        body: ask.body ? JSON.stringify(ask.body) : undefined,
        signal: ask.signal,
        credentials: "omit",
      });
    } catch (error) {
      if (ask.signal?.aborted) throw error;
      throw new ApiError(0, "network", "");
    }
    if (!response.ok)
      throw problem(response.status, await response.text(), response.headers.get("Retry-After"));
    return response;
  }

  async function json<T>(path: string, ask?: Ask): Promise<T> {
    const response = await raw(path, ask);
    return (response.status === 204 ? null : await response.json()) as T;
  }

  const api: Api = {
    token: null,
    async config(asked) {
      return readConfig(await json<Json>(`/${encodeURIComponent(key)}/config`, { query: { locale: asked } }));
    },
    session: ({ identity_token, locale: asked, page }) =>
      json<Session>(`/${encodeURIComponent(key)}/session`, {
        body: { visitor_token: api.token, identity_token, locale: asked, page },
      }),
    older: (before, limit) => messages({ cursor: before.id, limit }),
    after: (conversation_id, after_seq) => messages({ conversation_id, after_seq, limit: 100 }),
    send: (message) =>
      json<{ message: Message; conversation: Conversation | null }>("/messages", { body: { ...message } }),
    withdraw: (id) => json<Message>(`/messages/${id}/withdraw`, { method: "POST" }),
    upload: (file, name, progress) => upload(`${base}/files`, headers(), file, name, progress),
    typing: (on, preview) => json<void>("/typing", { body: { on, preview } }),
    read: (seq) => json<void>("/read", { body: { seq } }),
    async handoff(reason) {
      const answer = await json<Json>("/handoff", { body: { reason } });
      return (answer.conversation ?? answer) as unknown as Conversation;
    },
    leaveMessage: (form) =>
      json<{ message: Message; conversation: Conversation | null }>("/leave-message", { body: { ...form } }),
    callbackOffer: () => json<CallbackOffer>("/callback"),
    askCallback: (form) => json<CallbackPromise>("/callback", { body: { ...form } }),
    cancelCallback: () => json<void>("/callback", { method: "DELETE" }),
    rate: (conversation_id, score, comment) =>
      json<void>("/rating", { body: { conversation_id, score, comment } }),
    feedback: (message_id, helpful) => json<void>("/feedback", { body: { message_id, helpful } }),
    transcript: async () => (await raw("/transcript.txt")).blob(),
    transcriptMail: (email) => json<void>("/transcript-mail", { body: { email } }),
    async poll(conversation_id, after_seq, wait, signal): Promise<Poll> {
      const answer = await json<Json>("/poll", { query: { conversation_id, after_seq, wait }, signal });
      return {
        messages: (answer.messages ?? answer.items ?? []) as Message[],
        conversation: (answer.conversation ?? null) as Conversation | null,
      };
    },
  };

  async function messages(query: Ask["query"]): Promise<MessagePage> {
    const page = await json<Json>("/messages", { query });
    return { messages: (page.items ?? page.messages ?? []) as Message[], has_more: page.has_more === true };
  }

  return api;
}

function problem(status: number, text: string, retryAfter: string | null): ApiError {
  let body: Json = {};
  try {
    body = JSON.parse(text) as Json;
  } catch {
    // A proxy's HTML page: the status says enough.
  }
  const fields: Record<string, string> = {};
  for (const e of (body.errors as { field?: string; message?: string }[] | undefined) ?? []) {
    if (e.field && e.message) fields[e.field] = e.message;
  }
  const wait = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : null;
  return new ApiError(status, String(body.code ?? ""), String(body.detail ?? body.title ?? ""), wait, fields);
}

/** XMLHttpRequest, because fetch cannot say how much of a body has left. */
function upload(
  url: string,
  headers: Record<string, string>,
  file: Blob,
  name: string,
  progress: (part: number) => void,
): Promise<FilePayload> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("file", file, name);
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [header, value] of Object.entries(headers)) request.setRequestHeader(header, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onerror = () => reject(new ApiError(0, "network", ""));
    request.onload = () => {
      if (request.status < 200 || request.status >= 300) {
        reject(problem(request.status, request.responseText, request.getResponseHeader("Retry-After")));
        return;
      }
      const { id, file_id, ...rest } = JSON.parse(request.responseText) as FilePayload & { id?: string };
      resolve({ ...rest, file_id: file_id ?? id ?? "" });
    };
    request.send(form);
  });
}

const FEATURES: Features = {
  bot: true,
  files: true,
  send_preview: false,
  rating: true,
  transcript_download: true,
  transcript_mail: false,
  leave_message: true,
  callback: false,
  my_requests: false,
};

function readConfig(raw: Json): Config {
  const company = raw.company as string | { name?: string; logo_url?: string };
  const suggestions = (raw.suggestions ?? []) as (string | { label?: string; question?: string })[];
  const limits = (raw.limits ?? {}) as Partial<Config["limits"]>;
  return {
    company: typeof company === "string" ? company : (company?.name ?? ""),
    logo_url: (typeof company === "object" ? company?.logo_url : (raw.logo_url as string)) ?? null,
    bot_name: String(raw.bot_name ?? ""),
    greeting: String(raw.greeting ?? ""),
    suggestions: suggestions
      .map((s) => (typeof s === "string" ? s : (s.label ?? s.question ?? "")))
      .filter(Boolean),
    accent: (raw.accent as string) ?? null,
    position: raw.position === "left" ? "left" : "right",
    theme: raw.theme === "light" || raw.theme === "dark" ? raw.theme : "auto",
    online: raw.online === true,
    next_open: (raw.next_open as string) ?? null,
    hours: (raw.hours as string) ?? null,
    expected_wait_s: (raw.expected_wait_s as number) ?? null,
    locale: raw.locale === "en" || raw.locale === "zh-CN" ? raw.locale : null,
    limits: {
      file_bytes: limits.file_bytes ?? 20 * 1024 * 1024,
      types: limits.types ?? [],
      withdraw_s: limits.withdraw_s ?? 0,
    },
    features: { ...FEATURES, ...((raw.features ?? {}) as Partial<Features>) },
  };
}
