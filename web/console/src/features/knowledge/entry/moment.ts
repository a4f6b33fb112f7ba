import { type Locale, minuteTime } from "@/lib/format";

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A moment as a version keeps it, in the reader's words; undefined for any other text. */
export const moment = (text: string, locale: Locale): string | undefined =>
  MOMENT.test(text) ? minuteTime(text, locale) : undefined;
