import { Navigate } from "@tanstack/react-router";
import { useSections } from "./Layout";

/** The first page of the settings this person may open. */
export default function SettingsIndex() {
  const first = useSections()[0]?.entries[0];
  return first ? <Navigate to={`/settings/${first.path}`} replace /> : null;
}
