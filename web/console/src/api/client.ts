import { networkProblem, type Problem, problemFromJson } from "./problem";

export type Query = Record<string, string | number | boolean | null | undefined | readonly string[]>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** Reuse the key of an earlier try so that the server answers with the first result. */
  idempotencyKey?: string;
}

const BASE = "/api/v1";
let locale = "zh-CN";
let onUnauthenticated: () => void = () => {};

export function configureClient(options: { locale?: string; onUnauthenticated?: () => void }): void {
  if (options.locale) locale = options.locale;
  if (options.onUnauthenticated) onUnauthenticated = options.onUnauthenticated;
}

export function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // randomUUID exists only in secure contexts; a plain-http intranet install is not one.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function url(path: string, query?: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === "") continue;
    if (Array.isArray(value)) for (const one of value) params.append(key, one);
    else params.set(key, String(value));
  }
  const text = params.toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = {
    Accept: "application/json, application/problem+json",
    "Accept-Language": locale,
  };
  let body: BodyInit | undefined;
  if (options.body instanceof FormData || options.body instanceof Blob) body = options.body;
  else if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(options.body);
  }
  if (method !== "GET") headers["Idempotency-Key"] = options.idempotencyKey ?? newKey();
  let response: Response;
  try {
    response = await fetch(url(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw networkProblem();
  }
  const type = response.headers.get("content-type") ?? "";
  const json: unknown = type.includes("json") ? await response.json().catch(() => null) : null;
  if (!response.ok) {
    if (response.status === 401 && !path.startsWith("/auth/")) onUnauthenticated();
    throw problemFromJson(json, response.status, response.headers.get("retry-after"));
  }
  if (response.status === 204) return undefined as T;
  if (type.includes("json")) return json as T;
  return (await response.text()) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    request<T>("POST", path, { ...options, body }),
  put: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    request<T>("PUT", path, { ...options, body }),
  patch: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    request<T>("PATCH", path, { ...options, body }),
  delete: <T = void>(path: string, options?: RequestOptions) => request<T>("DELETE", path, options),
};

/** Multipart upload with progress (fetch cannot report it). Rejects with a Problem; `signal` aborts. */
export function upload<T>(
  path: string,
  file: File,
  options: {
    onProgress?: (ratio: number) => void;
    signal?: AbortSignal;
    fields?: Record<string, string>;
  } = {},
): Promise<T> {
  return new Promise((resolve, reject: (reason: Problem | DOMException) => void) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", url(path));
    xhr.setRequestHeader("Accept-Language", locale);
    xhr.setRequestHeader("Idempotency-Key", newKey());
    xhr.responseType = "json";
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) options.onProgress?.(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.response as T);
      else reject(problemFromJson(xhr.response, xhr.status, xhr.getResponseHeader("retry-after")));
    };
    xhr.onerror = () => reject(networkProblem());
    xhr.onabort = () => reject(new DOMException("aborted", "AbortError"));
    options.signal?.addEventListener("abort", () => xhr.abort());
    const form = new FormData();
    for (const [key, value] of Object.entries(options.fields ?? {})) form.append(key, value);
    form.append("file", file, file.name);
    xhr.send(form);
  });
}
