import { translate } from "./i18n";

/** What libraries say to screen readers, in the reader's language; put into them by `build/speakOurLanguage.ts`. */
export function libraryWord(key: string, params?: Record<string, unknown>): string {
  return translate(`library.${key}`, params);
}
