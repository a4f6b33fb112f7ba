/** Editing an FAQ or an article: what they share, from reading to publishing. */
import { useEffect } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import {
  type FieldProblem,
  leaveSaved,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../../settings/kit";
import type { Audience, Conditions, Entry, Kind, Work } from "../types";

export interface EntryFields {
  space_id: string | null;
  category_id: string | null;
  audience: Audience;
  department_ids: string[];
  conditions: Conditions;
  tags: string[];
  valid_from: string | null;
  valid_until: string | null;
  owner_id: string | null;
  review_by: string | null;
  locale: string;
}

export function fieldsOf(entry: Entry): EntryFields {
  const {
    space_id,
    category_id,
    audience,
    department_ids,
    conditions,
    tags,
    valid_from,
    valid_until,
    owner_id,
    review_by,
    locale,
  } = entry;
  return {
    space_id,
    category_id,
    audience,
    department_ids,
    conditions,
    tags,
    valid_from,
    valid_until,
    owner_id,
    review_by,
    locale,
  };
}

export const BLANK: Omit<EntryFields, "locale"> = {
  space_id: null,
  category_id: null,
  audience: "public",
  department_ids: [],
  conditions: { channels: [], regions: [], levels: [] },
  tags: [],
  valid_from: null,
  valid_until: null,
  owner_id: null,
  review_by: null,
};

export interface Search {
  group?: string;
  locale?: string;
  space?: string;
}

interface Shape<E extends Entry, D extends EntryFields> {
  kind: Kind;
  id: string;
  search: Search;
  blank: Omit<D, keyof EntryFields>;
  read: (entry: E) => Omit<D, keyof EntryFields>;
  /** The fields as they are sent. */
  write: (value: D) => object;
  check: (value: D) => FieldProblem[];
  savedPath: (id: string) => string;
}

/** Where the words being worked on stand: those beside a live text, or the text itself. */
export function workOf(entry: Entry): Work {
  return entry.draft ?? entry;
}

export function useEntry<E extends Entry, D extends EntryFields>(shape: Shape<E, D>) {
  const { kind, id, search } = shape;
  const t = useT("knowledge");
  const screen = useLocale();
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const isNew = id === "new";
  const path = `/knowledge/${kind}/${id}`;
  const entry = useOne<E>(isNew ? null : path);
  const beside = useOne<{ changed: string[]; faq?: E; article?: E }>(
    mayEdit && entry.data?.draft ? `${path}/draft` : null,
  );
  const words = entry.data?.draft && mayEdit ? (beside.data?.faq ?? beside.data?.article) : entry.data;
  const draft = useDraft<D>({
    ...BLANK,
    space_id: search.space ?? null,
    locale: search.locale ?? screen,
    ...shape.blank,
  } as D);
  const { value, accept, dirty } = draft;
  const { read } = shape;
  useEffect(() => {
    if (words && !dirty) accept({ ...fieldsOf(words), ...read(words) } as D);
  }, [words, dirty, accept]);
  useUnsavedGuard(dirty);
  const stale = [
    `/knowledge/${kind}`,
    "/knowledge/categories",
    "/knowledge/spaces",
    "/knowledge/search",
    "/knowledge/todo",
    "/knowledge/work",
    "/knowledge/stale",
  ];
  const live = entry.data?.status === "published" || entry.data?.status === "archived";

  /** Writes what is on the screen: new, beside the live text, or into the text. Gives the id and version it has now. */
  const write = async (): Promise<{ id: string; version: number }> => {
    const { locale, ...fields } = { ...value, ...shape.write(value) };
    if (isNew) {
      const body = { ...fields, locale, ...(search.group ? { group_id: search.group } : {}) };
      return api.post<E>(`/knowledge/${kind}`, body);
    }
    const seen = entry.data as E;
    if (!dirty) return seen;
    if (!live) return api.patch<E>(path, { ...fields, version: seen.version });
    await api.put(`${path}/draft`, { ...fields, version: seen.version });
    return api.get<E>(path);
  };
  const save = useSubmit(
    async (then?: (saved: { id: string; version: number }, at: string) => Promise<unknown>) => {
      const saved = await write();
      if (then) await then(saved, `/knowledge/${kind}/${saved.id}`);
      return saved;
    },
    {
      stale,
      draft,
      onDone: (saved) => {
        accept(value);
        if (isNew) leaveSaved(() => go(shape.savedPath(saved.id), { replace: true }));
      },
      done: t("entry.saved"),
    },
  );
  const step = useSubmit(async (verb: string, body?: object) => api.post(`${path}/${verb}`, body), { stale });
  const submit = (then?: (saved: { id: string; version: number }, at: string) => Promise<unknown>) => {
    const faults = shape.check(value);
    if (value.valid_from && value.valid_until && value.valid_from >= value.valid_until)
      faults.push({ field: "valid_until", message: t("entry.validOrder") });
    if (value.audience === "departments" && value.department_ids.length === 0)
      faults.push({ field: "department_ids", message: t("required") });
    if (faults.length) draft.refuse(faults);
    else void save.run(then);
    return faults.length === 0;
  };
  const discard = useSubmit(() => api.delete(`${path}/draft`), {
    stale,
    done: t("entry.discarded"),
    onDone: () => draft.reset(),
  });
  return {
    kind,
    id,
    path,
    isNew,
    live,
    mayEdit,
    entry,
    words,
    draft,
    stale,
    save,
    step,
    submit,
    discard,
    loading: !isNew && (entry.isPending || (Boolean(entry.data?.draft) && mayEdit && beside.isPending)),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the frame around a text does not look into it
export type EntryState = ReturnType<typeof useEntry<any, any>>;
