import type { Locale } from "@/lib/format";
import type { Both, Service, Visit } from "./types";

/** A text in the reader's language; the other one where this one is empty. */
export function inWords(both: Both, locale: Locale): string {
  return both[locale] || both["zh-CN"] || both.en;
}

export function serviceName(services: Service[], id: string, locale: Locale): string {
  const found = services.find((one) => one.id === id);
  return found ? inWords(found.name, locale) : "";
}

/** What the staff's key does now: call somebody, call again, begin, or end. */
export function mainStep(current: Visit | null): "next" | "start" | "end" {
  if (!current) return "next";
  return current.state === "called" ? "start" : "end";
}

/** The day `offset` days from today on the wall of a place, as the API writes it. */
export function dayAt(offset: number, zone: string, now: number = Date.now()): string {
  // Swedes write days as the API does.
  return new Date(now + offset * 86_400_000).toLocaleDateString("sv", { timeZone: zone });
}

/** What the clock on the wall of a place shows, wherever the reader is. */
export function wallClock(iso: string, zone: string, locale: Locale): string {
  return new Date(iso).toLocaleTimeString(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  });
}
