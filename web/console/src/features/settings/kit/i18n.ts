import { useT as useAppT } from "@/app/i18n";

/** The shared pieces speak from the settings catalogue, whichever feature they stand in. */
export function useT() {
  return useAppT("settings");
}
