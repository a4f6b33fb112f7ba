/** An edited copy of something the server owns: what differs, what is wrong, and how to go back. */
import { useCallback, useMemo, useState } from "react";

import { problemOf } from "./api";

export interface FieldProblem {
  field: string;
  message: string;
}

export interface Draft<T> {
  value: T;
  set: (change: Partial<T> | ((value: T) => T)) => void;
  /** Takes the server's word: a fresh source, nothing dirty, nothing wrong. */
  accept: (value: T) => void;
  reset: () => void;
  dirty: boolean;
  problems: FieldProblem[];
  /** Sets problems found here, or those of a failed request; returns true when any belongs to a field. */
  refuse: (reason: unknown) => boolean;
  problem: (field: string) => string | undefined;
  /** What was wrong with a field within a part that is set as a whole is being mended. */
  mended: (field: string) => void;
}

/** Servers name fields by path (`body.settings.greeting`); forms by their last part or the path without its root. */
export function matchesField(path: string, field: string): boolean {
  return (
    path === field ||
    path.endsWith(`.${field}`) ||
    path.startsWith(`${field}.`) ||
    path.startsWith(`body.${field}.`)
  );
}

/** Long forms show only part of themselves: the first field that is wrong comes into sight, ready to be mended. */
function showFirst(): void {
  const wrong = document.querySelector<HTMLElement>(
    ".qk-field.ant-form-item-has-error, .qa-action.qa-wrong, .qa-problem[role='alert']",
  );
  wrong?.scrollIntoView?.({ block: "center" });
  wrong?.querySelector<HTMLElement>("input, textarea")?.focus({ preventScroll: true });
}

export function useDraft<T extends object>(initial: T): Draft<T> {
  const [source, setSource] = useState<T>(initial);
  const [value, setValue] = useState<T>(initial);
  const [problems, setProblems] = useState<FieldProblem[]>([]);

  const set = useCallback((change: Partial<T> | ((value: T) => T)) => {
    setValue((current) => (typeof change === "function" ? change(current) : { ...current, ...change }));
    if (typeof change !== "function") {
      const touched = Object.keys(change);
      setProblems((current) =>
        current.filter((item) => !touched.some((field) => matchesField(item.field, field))),
      );
    }
  }, []);

  const accept = useCallback((next: T) => {
    setSource(next);
    setValue(next);
    setProblems([]);
  }, []);

  const reset = useCallback(() => {
    setValue(source);
    setProblems([]);
  }, [source]);

  const refuse = useCallback((reason: unknown) => {
    const found = Array.isArray(reason) ? (reason as FieldProblem[]) : (problemOf(reason)?.fields ?? []);
    setProblems(found);
    if (found.length) setTimeout(showFirst, 60);
    return found.length > 0;
  }, []);

  const dirty = useMemo(() => JSON.stringify(source) !== JSON.stringify(value), [source, value]);
  const problem = useCallback(
    (field: string) => problems.find((item) => matchesField(item.field, field))?.message,
    [problems],
  );
  const mended = useCallback((field: string) => {
    setProblems((current) => current.filter((item) => !matchesField(item.field, field)));
  }, []);

  return { value, set, accept, reset, dirty, problems, refuse, problem, mended };
}
