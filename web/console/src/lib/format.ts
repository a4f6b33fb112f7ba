export type Locale = "zh-CN" | "en";

/** Elapsed time between two figures, never more than two units: `2 分 05 秒`, `1 h 20 m`. */
export function duration(seconds: number, locale: Locale): string {
  const total = Math.max(0, Math.round(seconds));
  const unit =
    locale === "zh-CN" ? { d: "天", h: "小时", m: "分", s: "秒" } : { d: "d", h: "h", m: "m", s: "s" };
  const pad = (n: number) => String(n).padStart(2, "0");
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const secs = total % 60;
  if (days > 0) return hours > 0 ? `${days} ${unit.d} ${hours} ${unit.h}` : `${days} ${unit.d}`;
  if (hours > 0) return `${hours} ${unit.h} ${pad(minutes)} ${unit.m}`;
  if (minutes > 0) return `${minutes} ${unit.m} ${pad(secs)} ${unit.s}`;
  return `${secs} ${unit.s}`;
}

/** The wait clock of a list row: `45 秒`, `3 分`, `2 小时`, one unit only so that columns stay calm. */
export function shortDuration(seconds: number, locale: Locale): string {
  const s = Math.max(0, Math.floor(seconds));
  const zh = locale === "zh-CN";
  if (s < 60) return zh ? `${s} 秒` : `${s}s`;
  if (s < 3600) return zh ? `${Math.floor(s / 60)} 分` : `${Math.floor(s / 60)}m`;
  if (s < 86_400) return zh ? `${Math.floor(s / 3600)} 小时` : `${Math.floor(s / 3600)}h`;
  return zh ? `${Math.floor(s / 86_400)} 天` : `${Math.floor(s / 86_400)}d`;
}

const startOfDay = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();

/** Whole calendar days from `then` to `now` in the viewer's zone (0 today, 1 yesterday, negative ahead). */
export function calendarDays(then: Date, now: Date): number {
  return Math.round((startOfDay(now) - startOfDay(then)) / 86_400_000);
}

export function clockTime(iso: string, locale: Locale): string {
  return new Date(iso).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
}

export function absoluteTime(iso: string, locale: Locale): string {
  return new Date(iso).toLocaleString(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  });
}

/** To the minute, as people make appointments. */
export function minuteTime(iso: string, locale: Locale): string {
  return new Date(iso).toLocaleString(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}

export function dateOnly(iso: string, locale: Locale): string {
  return new Date(iso).toLocaleDateString(locale, { year: "numeric", month: "short", day: "numeric" });
}

/** `刚刚`, `5 分钟前`, `14:05`, `昨天 14:05`, `3月5日`, `2024年3月5日`. */
export function relativeTime(iso: string, locale: Locale, now: Date = new Date()): string {
  const then = new Date(iso);
  const seconds = (now.getTime() - then.getTime()) / 1000;
  const zh = locale === "zh-CN";
  // Clocks on screen tick every 20 seconds: what is newer than the last tick has just happened, too.
  if (seconds >= -20 && seconds < 60) return zh ? "刚刚" : "just now";
  if (seconds >= 0 && seconds < 3600) {
    const m = Math.floor(seconds / 60);
    return zh ? `${m} 分钟前` : `${m} min ago`;
  }
  const days = calendarDays(then, now);
  const time = clockTime(iso, locale);
  if (days === 0) return time;
  if (days === 1) return zh ? `昨天 ${time}` : `yesterday ${time}`;
  if (days === -1) return zh ? `明天 ${time}` : `tomorrow ${time}`;
  const sameYear = then.getFullYear() === now.getFullYear();
  return then.toLocaleDateString(locale, {
    ...(sameYear ? {} : { year: "numeric" }),
    month: "short",
    day: "numeric",
    ...(days < 0 ? { hour: "2-digit", minute: "2-digit", hour12: false } : {}),
  });
}

/** The heading above a day of messages. */
export function dayLabel(iso: string, locale: Locale, now: Date = new Date()): string {
  const then = new Date(iso);
  const days = calendarDays(then, now);
  if (days === 0) return locale === "zh-CN" ? "今天" : "Today";
  if (days === 1) return locale === "zh-CN" ? "昨天" : "Yesterday";
  return then.toLocaleDateString(locale, {
    ...(then.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
    month: "long",
    day: "numeric",
    weekday: "long",
  });
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

const WITHOUT_CENTS = new Set("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" "));
const THOUSANDTHS = new Set("BHD IQD JOD KWD LYD OMR TND".split(" "));

/** Digits after the point of a currency's amounts: `qiao/core/money.py` in the browser. */
export const placesOf = (currency: string): number =>
  WITHOUT_CENTS.has(currency) ? 0 : THOUSANDTHS.has(currency) ? 3 : 2;

/** How many of the small coin make one of the large. */
export const centsOf = (currency: string): number => 10 ** placesOf(currency);

export function money(minor: number, currency: string, locale: Locale): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(minor / centsOf(currency));
}

export function integer(n: number, locale: Locale): string {
  return new Intl.NumberFormat(locale).format(n);
}

export function percent(ratio: number, locale: Locale, digits = 0): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(ratio);
}
