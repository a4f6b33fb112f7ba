/** The settings of an inbox, with everything the server may leave out filled in. */

export type Language = "zh-CN" | "en";
export type Bilingual = Record<Language, string>;

export interface WebchatSettings {
  title: Bilingual;
  bot_name: Bilingual;
  greeting: Bilingual;
  suggestions: Record<Language, string[]>;
  accent: string;
  position: "left" | "right";
  theme: "light" | "dark" | "auto";
  allowed_origins: string[];
  show_typing_preview: boolean;
}

export const DEFAULT_ACCENT = "#1677ff";

const text = (value: unknown) => (typeof value === "string" ? value : "");
const list = (value: unknown) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
const part = (value: unknown, language: Language) =>
  (value as Record<string, unknown> | null | undefined)?.[language];
const both = (value: unknown): Bilingual => ({
  "zh-CN": text(part(value, "zh-CN")),
  en: text(part(value, "en")),
});

export function readWebchat(settings: Record<string, unknown>): WebchatSettings {
  return {
    title: both(settings.title),
    bot_name: both(settings.bot_name),
    greeting: both(settings.greeting),
    suggestions: {
      "zh-CN": list(part(settings.suggestions, "zh-CN")),
      en: list(part(settings.suggestions, "en")),
    },
    accent: /^#[0-9a-f]{6}$/i.test(text(settings.accent)) ? text(settings.accent) : DEFAULT_ACCENT,
    position: settings.position === "left" ? "left" : "right",
    theme: settings.theme === "light" || settings.theme === "dark" ? settings.theme : "auto",
    allowed_origins: list(settings.allowed_origins),
    show_typing_preview: settings.show_typing_preview !== false,
  };
}

/** The text a reader of a language gets: theirs, else the other. */
export function inLanguage(value: Bilingual, language: Language): string {
  return value[language] || value[language === "en" ? "zh-CN" : "en"];
}

/** What is sent: suggestions without blanks, origins as read. */
export function finishWebchat(settings: WebchatSettings, origins: string[]): WebchatSettings {
  const clean = (items: string[]) => items.map((item) => item.trim()).filter(Boolean);
  return {
    ...settings,
    suggestions: { "zh-CN": clean(settings.suggestions["zh-CN"]), en: clean(settings.suggestions.en) },
    allowed_origins: origins,
  };
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** White or near-black on the accent, whichever reads better. */
export function accentText(accent: string): "#ffffff" | "#14171c" {
  return contrast(accent, "#ffffff") >= contrast(accent, "#14171c") ? "#ffffff" : "#14171c";
}
