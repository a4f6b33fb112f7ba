import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import { configureClient } from "@/api/client";
import { setProblemTranslator } from "@/api/problem";
import type { Locale } from "@/lib/format";

export type { Locale };
export const LOCALES: { id: Locale; name: string }[] = [
  { id: "zh-CN", name: "简体中文" },
  { id: "en", name: "English" },
];

type Catalogue = Record<string, Record<string, unknown>>;

// One chunk per language: a reader of Chinese never downloads the English catalogue.
const loaders: Record<Locale, () => Promise<{ default: Catalogue }>> = {
  "zh-CN": () => import("./locales/zh-CN"),
  en: () => import("./locales/en"),
};

export function matchLocale(tag: string | null | undefined): Locale | null {
  if (!tag) return null;
  if (tag.toLowerCase().startsWith("zh")) return "zh-CN";
  if (tag.toLowerCase().startsWith("en")) return "en";
  return null;
}

/** Saved choice, else the first browser language we speak, else Chinese. */
export function initialLocale(): Locale {
  const saved = matchLocale(localStorage.getItem("qiao.locale"));
  if (saved) return saved;
  for (const tag of navigator.languages ?? [navigator.language]) {
    const match = matchLocale(tag);
    if (match) return match;
  }
  return "zh-CN";
}

async function load(locale: Locale): Promise<void> {
  if (i18next.hasResourceBundle(locale, "app")) return;
  const { default: catalogue } = await loaders[locale]();
  for (const [namespace, messages] of Object.entries(catalogue))
    i18next.addResourceBundle(locale, namespace, messages);
}

export async function startI18n(): Promise<void> {
  const locale = initialLocale();
  await i18next.use(initReactI18next).init({
    lng: locale,
    fallbackLng: false,
    resources: {},
    ns: ["app"],
    defaultNS: "app",
    fallbackNS: "app",
    interpolation: { escapeValue: false },
    returnNull: false,
    react: { useSuspense: false },
  });
  await setLocale(locale);
  setProblemTranslator((key, params) => i18next.t(key, { ns: "app", ...params }));
}

export async function setLocale(locale: Locale): Promise<void> {
  await load(locale);
  await i18next.changeLanguage(locale);
  localStorage.setItem("qiao.locale", locale);
  document.documentElement.lang = locale;
  configureClient({ locale });
}

/** The person picked it in this tab: it also wins over what the account remembers. */
export async function chooseLocale(locale: Locale): Promise<void> {
  sessionStorage.setItem("qiao.locale.chosen", locale);
  await setLocale(locale);
}

export function currentLocale(): Locale {
  return matchLocale(i18next.language) ?? "zh-CN";
}

export function useLocale(): Locale {
  const { i18n } = useTranslation();
  return matchLocale(i18n.language) ?? "zh-CN";
}

export type T = (key: string, params?: Record<string, unknown>) => string;

/** The translator of a feature (namespace = its folder), falling back to the shared `app` catalogue. */
export function useT(namespace = "app"): T {
  const { t } = useTranslation(namespace);
  return t as unknown as T;
}

export function translate(key: string, params?: Record<string, unknown>): string {
  return i18next.t(key, params ?? {}) as string;
}
