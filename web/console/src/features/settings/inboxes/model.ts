/** The settings of an inbox, with everything the server may leave out filled in. */

export interface WebchatSettings {
  greeting: string;
  suggestions: string[];
  accent: string;
  position: "left" | "right";
  allowed_origins: string[];
  theme: "light" | "dark" | "auto";
}

export const DEFAULT_ACCENT = "#3557d6";

const text = (value: unknown, fallback = "") => (typeof value === "string" ? value : fallback);
const list = (value: unknown) => (Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : []);

export function readWebchat(settings: Record<string, unknown>): WebchatSettings {
  return {
    greeting: text(settings.greeting),
    suggestions: list(settings.suggestions),
    accent: /^#[0-9a-f]{6}$/i.test(text(settings.accent)) ? text(settings.accent) : DEFAULT_ACCENT,
    position: settings.position === "left" ? "left" : "right",
    allowed_origins: list(settings.allowed_origins),
    theme: settings.theme === "light" || settings.theme === "dark" ? settings.theme : "auto",
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
