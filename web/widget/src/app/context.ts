import { createContext } from "preact";
import { useContext, useEffect, useReducer } from "preact/hooks";
import type { Engine } from "../core/engine.ts";
import { ApiError } from "../core/ports.ts";
import type { State } from "../core/state.ts";
import type { Config, Locale } from "../core/types.ts";
import type { Key, Params } from "../i18n/index.ts";

export interface AppContext {
  engine: Engine;
  config: Config;
  locale: Locale;
  t: (key: Key, params?: Params) => string;
  phone: boolean;
  open: boolean;
  sound: boolean;
  setSound: (on: boolean) => void;
  close: () => void;
  toast: (text: string) => void;
  vault: { get(name: string): string | null; set(name: string, value: string | null): void };
  /** The picture the customer just sent, still at hand: showing it again costs nothing and does not flicker. */
  localImage: (clientId: string | null) => string | null;
  loadLocalImage: (clientId: string) => Promise<string | null>;
}

export const Context = createContext<AppContext | null>(null);

export function useApp(): AppContext {
  const app = useContext(Context);
  if (!app) throw new Error("outside the application");
  return app;
}

export function useEngine(engine: Engine): State {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => engine.subscribe(() => redraw(undefined)), [engine]);
  return engine.state;
}

/** A failure as a sentence: the server's own words when it sent some. */
export function sentence(error: unknown, t: AppContext["t"]): string {
  if (!(error instanceof ApiError)) return t("error.action");
  if (error.detail) return error.detail;
  if (error.code === "file_lost") return t("error.file_lost");
  if (error.status === 0) return t("error.network");
  if (error.status === 429) return t("error.too_many");
  if (error.status >= 500) return t("error.server");
  return t("error.refused");
}
