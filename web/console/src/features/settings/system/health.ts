/** The health answer as cards: one per part of the product, bad ones first, figures that are plain values beside it. */

export interface HealthPart {
  name: string;
  tone: "ok" | "wait" | "breach";
  state: boolean;
  message: string | null;
  figures: [string, string | number | boolean][];
}

const OK = /^(ok|up|ready|healthy|running|pass|true)$/i;
const WARN = /^(warn|warning|degraded|slow|starting|lagging)$/i;
const ORDER = { breach: 0, wait: 1, ok: 2 };

function figuresOf(prefix: string, value: Record<string, unknown>): [string, string | number | boolean][] {
  return Object.entries(value).flatMap(([key, item]): [string, string | number | boolean][] => {
    if (["ok", "state", "status", "error", "message", "name"].includes(key)) return [];
    const name = prefix ? `${prefix}.${key}` : key;
    if (typeof item === "string" || typeof item === "number" || typeof item === "boolean")
      return [[name, item]];
    if (typeof item === "object" && item !== null && !Array.isArray(item))
      return figuresOf(name, item as Record<string, unknown>);
    return [];
  });
}

function partOf(name: string, value: Record<string, unknown>): HealthPart {
  const said = value.ok ?? value.state ?? value.status;
  const tone =
    said === undefined || said === true || OK.test(String(said))
      ? "ok"
      : WARN.test(String(said))
        ? "wait"
        : "breach";
  const late =
    typeof value.behind_s === "number"
      ? value.behind_s > 60
        ? "breach"
        : value.behind_s > 10
          ? "wait"
          : null
      : null;
  const message = value.error ?? value.message;
  return {
    name,
    tone: late ?? tone,
    state: said !== undefined,
    message: message ? String(message) : null,
    figures: figuresOf("", value),
  };
}

export function readHealth(answer: unknown): HealthPart[] {
  if (typeof answer !== "object" || answer === null) return [];
  const parts: HealthPart[] = [];
  const loose: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(answer)) {
    if (Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null))
      for (const item of value as Record<string, unknown>[])
        parts.push(partOf(String(item.name ?? key), item));
    else if (typeof value === "object" && value !== null)
      parts.push(partOf(key, value as Record<string, unknown>));
    else loose[key] = value;
  }
  if (Object.keys(loose).length > 0) parts.unshift(partOf("service", loose));
  return parts.sort((a, b) => ORDER[a.tone] - ORDER[b.tone]);
}
