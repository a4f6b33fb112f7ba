/** Editing an FAQ or an article: what they share, from reading to publishing. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import {
  type FieldProblem,
  leaveSaved,
  problemOf,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../../settings/kit";
import type { Audience, Conditions, Entry, Kind, VersionEntry, Work } from "../types";
import { merge } from "./merge";

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

/** Somebody saved while this text was being edited: who, and which fields both have changed. */
export interface Overtaken {
  who: string;
  version: number;
  both: string[];
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
  const client = useQueryClient();
  const [overtaken, setOvertaken] = useState<Overtaken | null>(null);
  // What the writer began from: a newer version read meanwhile must not make their words look newer than they are.
  const began = useRef<{ version: number; value: D } | null>(null);
  const draft = useDraft<D>({
    ...BLANK,
    space_id: search.space ?? null,
    locale: search.locale ?? screen,
    ...shape.blank,
  } as D);
  const { value, accept, dirty } = draft;
  const { read } = shape;
  const version = entry.data?.version;
  useEffect(() => {
    if (!words || dirty) return;
    const stands = { ...fieldsOf(words), ...read(words) } as D;
    accept(stands);
    if (version) began.current = { version, value: stands };
  }, [words, dirty, version, accept]);
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
    if (!dirty) return entry.data as E;
    const from = began.current?.version ?? version;
    if (!live) return api.patch<E>(path, { ...fields, version: from });
    await api.put(`${path}/draft`, { ...fields, version: from });
    return api.get<E>(path);
  };
  /** Takes in what somebody else has saved meanwhile, and leaves it to the writer to look and save again. */
  const join = async () => {
    const theirs = await api.get<E>(path);
    const draftOf = theirs.draft ? await api.get<{ faq?: E; article?: E }>(`${path}/draft`) : null;
    const last = await api.get<{ items: VersionEntry[] }>(`${path}/versions`, { limit: 1 });
    const theirWords = draftOf?.faq ?? draftOf?.article ?? theirs;
    const stands = { ...fieldsOf(theirWords), ...read(theirWords) } as D;
    const joined = merge(began.current?.value ?? stands, value, stands);
    began.current = { version: theirs.version, value: stands };
    client.setQueryData([`${path}/draft`, "one"], draftOf);
    client.setQueryData([path, "one"], theirs);
    accept(stands);
    draft.set(() => joined.value);
    setOvertaken({ who: last.items[0]?.actor_name ?? "", version: theirs.version, both: joined.both });
  };
  const save = useSubmit(
    async (then?: (saved: { id: string; version: number }, at: string) => Promise<unknown>) => {
      let saved: { id: string; version: number };
      try {
        saved = await write();
      } catch (reason) {
        if (isNew || problemOf(reason)?.code !== "knowledge.changed_meanwhile") throw reason;
        await join();
        return null;
      }
      if (then) await then(saved, `/knowledge/${kind}/${saved.id}`);
      return saved;
    },
    {
      stale,
      draft,
      onDone: (saved) => {
        if (!saved) return;
        toast.success(t("entry.saved"));
        setOvertaken(null);
        began.current = { version: saved.version, value };
        accept(value);
        if (isNew) leaveSaved(() => go(shape.savedPath(saved.id), { replace: true }));
      },
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
    overtaken,
    save,
    step,
    submit,
    discard,
    loading: !isNew && (entry.isPending || (Boolean(entry.data?.draft) && mayEdit && beside.isPending)),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the frame around a text does not look into it
export type EntryState = ReturnType<typeof useEntry<any, any>>;
