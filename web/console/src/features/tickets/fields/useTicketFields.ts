import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { typeQuery, useTypes } from "../api";
import type { FieldSpec } from "../types";

/** The fields of these types, or of all of them, each key once. */
export function useTicketFields(keys: readonly string[]): FieldSpec[] {
  const types = useTypes().data;
  const wanted = keys.length > 0 ? keys : (types ?? []).map((type) => type.key);
  const whole = useQueries({
    queries: wanted.map(typeQuery),
    combine: (found) => found.flatMap((one) => one.data?.definition.fields ?? []),
  });
  return useMemo(() => [...new Map(whole.map((spec) => [spec.key, spec])).values()], [whole]);
}
