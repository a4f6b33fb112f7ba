import type { Locale } from "../core/types.ts";
import { en } from "./en.ts";
import { zhCN } from "./zh-CN.ts";

export type Key = keyof typeof zhCN;
export type Catalogue = Record<Key, string>;
export type Params = Record<string, string | number>;

export const catalogues: Record<Locale, Catalogue> = { "zh-CN": zhCN, en };

/** Chinese of any kind reads the Chinese catalogue; everyone else reads English. */
export function pickLocale(...wishes: (string | null | undefined)[]): Locale {
  for (const wish of wishes) {
    if (!wish) continue;
    if (/^zh/i.test(wish)) return "zh-CN";
    if (/^[a-z]{2}/i.test(wish)) return "en";
  }
  return "zh-CN";
}

export function translate(locale: Locale, key: Key, params: Params = {}): string {
  return catalogues[locale][key].replace(/\{(\w+)\}/g, (hole, name: string) => String(params[name] ?? hole));
}

export function hasKey(key: string): key is Key {
  return key in zhCN;
}
