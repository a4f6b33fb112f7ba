import { ground, onColor, parseHex, readable, toHex } from "../core/color.ts";

const DEFAULT_ACCENT = "#2b5fd9";
const SURFACE = { light: [255, 255, 255], dark: [27, 29, 34] } as const;

/** Set the company's colour as tokens, each one readable (AA) where it is used, and follow the system's light or dark. */
export function applyTheme(accent: string | null, theme: "light" | "dark" | "auto"): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const root = document.documentElement;
    const mode = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
    const rgb = parseHex(accent) ?? parseHex(DEFAULT_ACCENT)!;
    const surface = SURFACE[mode];
    const mix = (part: number, with_: readonly number[]) =>
      toHex(rgb.map((v, i) => v * part + with_[i]! * (1 - part)) as [number, number, number]);
    root.dataset.theme = mode;
    const filled = ground(rgb);
    root.style.setProperty("--q-accent", toHex(filled));
    root.style.setProperty("--q-on-accent", onColor(filled));
    const soft = mix(mode === "dark" ? 0.2 : 0.09, surface);
    // Accented words stand on the soft ground as well as on the plain one; the soft one is the harder to read on.
    root.style.setProperty("--q-accent-text", toHex(readable(rgb, parseHex(soft)!, 4.6)));
    root.style.setProperty("--q-accent-soft", soft);
    root.style.setProperty("--q-accent-line", mix(mode === "dark" ? 0.42 : 0.3, surface));
    root.style.setProperty("--q-accent-deep", mix(0.78, [12, 14, 20]));
  };
  dark.onchange = paint;
  paint();
}
