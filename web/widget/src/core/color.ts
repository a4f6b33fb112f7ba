type Rgb = [number, number, number];

/** `#rgb` or `#rrggbb`; anything else is not a colour we take from a configuration. */
export function parseHex(text: string | null | undefined): Rgb | null {
  const m = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text ?? "");
  if (!m) return null;
  const hex = m[1]!.length === 3 ? m[1]!.replace(/./g, "$&$&") : m[1]!;
  return [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as Rgb;
}

export function luminance([r, g, b]: Rgb): number {
  const linear = (v: number) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}

export function toHex(rgb: Rgb): string {
  return `#${rgb.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
}

/** The company's colour as a ground for words: one that white can nearly be read on is darkened until it can (AA). */
export function ground(accent: Rgb): Rgb {
  const white: Rgb = [255, 255, 255];
  return contrast(accent, white) >= 3 ? readable(accent, white) : accent;
}

/** White where white can be read on it (AA), else near-black. */
export function onColor(accent: Rgb): string {
  return contrast(accent, [255, 255, 255]) >= 4.5
    ? "#ffffff"
    : contrast(accent, [22, 24, 29]) >= 4.5
      ? "#16181d"
      : "#000000";
}

/** The company's colour, moved towards black or white only as far as it takes to be read on `background`. */
export function readable(accent: Rgb, background: Rgb, target = 4.5): Rgb {
  const goal: Rgb = luminance(background) > 0.4 ? [0, 0, 0] : [255, 255, 255];
  for (let mix = 0; mix <= 1; mix += 0.04) {
    const c = accent.map((v, i) => v + (goal[i]! - v) * mix) as Rgb;
    if (contrast(c, background) >= target) return c;
  }
  return goal;
}
