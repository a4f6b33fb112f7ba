import type { Locale } from "@/app/i18n";

const COMMON = [
  "Asia/Shanghai",
  "Asia/Hong_Kong",
  "Asia/Taipei",
  "Asia/Singapore",
  "Asia/Tokyo",
  "Asia/Seoul",
  "Asia/Bangkok",
  "Asia/Kolkata",
  "Asia/Dubai",
  "Europe/London",
  "Europe/Berlin",
  "Europe/Moscow",
  "America/New_York",
  "America/Chicago",
  "America/Los_Angeles",
  "America/Sao_Paulo",
  "Australia/Sydney",
  "UTC",
];

/** A zone as people of a language know it: “中国标准时间 · Asia/Shanghai (GMT+8)”. */
export function zoneName(zone: string, locale: Locale): string {
  const part = (style: "long" | "shortOffset") => {
    try {
      return (
        new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style })
          .formatToParts(new Date())
          .find((item) => item.type === "timeZoneName")?.value ?? ""
      );
    } catch {
      return "";
    }
  };
  const long = part("long");
  const offset = part("shortOffset");
  return [long && long !== offset ? long : "", `${zone.replaceAll("_", " ")}${offset ? ` (${offset})` : ""}`]
    .filter(Boolean)
    .join(" · ");
}

/** Common zones first, then every other the browser knows. */
export function zoneOptions(locale: Locale, current?: string): { value: string; label: string }[] {
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  const zones = [...new Set([...(current ? [current] : []), ...COMMON, ...all])];
  return zones.map((zone, index) => ({
    value: zone,
    label: index <= COMMON.length ? zoneName(zone, locale) : zone.replaceAll("_", " "),
  }));
}

export function guessZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "Asia/Shanghai";
}

const COUNTRIES = [
  "CN",
  "HK",
  "MO",
  "TW",
  "SG",
  "MY",
  "JP",
  "KR",
  "TH",
  "VN",
  "IN",
  "AE",
  "GB",
  "DE",
  "FR",
  "ES",
  "IT",
  "US",
  "CA",
  "BR",
  "AU",
];

/** Countries whose public holidays a calendar may follow, named in the reader's language. */
export function countryOptions(locale: Locale, current: string | null): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([locale], { type: "region" });
  const codes = current && !COUNTRIES.includes(current) ? [current, ...COUNTRIES] : COUNTRIES;
  return codes.map((code) => ({ value: code, label: names.of(code) ?? code }));
}
