import type { Locale } from "../core/types.ts";
import { translate } from "./index.ts";

/** How long a wait is, in the words a person would use. */
export function duration(locale: Locale, seconds: number): string {
  if (seconds < 60) return translate(locale, "time.lt_min");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return translate(locale, "time.min", { n: minutes });
  return translate(locale, "time.h", { n: Math.round(minutes / 6) / 10 });
}

export function clock(locale: Locale, at: Date): string {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}

export function full(locale: Locale, at: Date): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(at);
}

function daysApart(a: Date, b: Date): number {
  const day = (d: Date) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  return Math.round((day(a) - day(b)) / 86_400_000);
}

/** The heading above the messages of one day. */
export function dayName(locale: Locale, at: Date, now: Date): string {
  const apart = daysApart(at, now);
  if (apart === 0) return translate(locale, "chat.today");
  if (apart === -1) return translate(locale, "chat.yesterday");
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale, { year, month: "long", day: "numeric", weekday: "short" }).format(
    at,
  );
}

/** When people are back: “明天 09:00”, “tomorrow at 09:00”, “7月3日周五 09:00”. */
export function upcoming(locale: Locale, at: Date, now: Date): string {
  const apart = daysApart(at, now);
  const time = clock(locale, at);
  if (apart === 0) return translate(locale, "time.today", { time });
  if (apart === 1) return translate(locale, "time.tomorrow", { time });
  return new Intl.DateTimeFormat(locale, {
    month: "long",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(at);
}

export function bytes(locale: Locale, n: number): string {
  const [value, unit] = n >= 1024 * 1024 ? [n / 1024 / 1024, "MB"] : n >= 1024 ? [n / 1024, "KB"] : [n, "B"];
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)} ${unit}`;
}

export function money(locale: Locale, minor: number, currency: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
