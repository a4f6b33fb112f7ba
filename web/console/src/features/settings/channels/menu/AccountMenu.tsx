import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { RefreshCw, Send } from "lucide-react";
import { useEffect, useState } from "react";

import { api } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { Section, State, useConfirm, useDraft, useOne, useSubmit, useUnsavedGuard } from "../../kit";
import { ButtonForm } from "./ButtonForm";
import {
  buttonAt,
  faultsOf,
  type Menu,
  type Place,
  placeOf,
  same,
  withColumn,
  without,
  withRow,
} from "./model";
import { Phone } from "./Phone";
import "./menu.css";

const NONE: Menu = { columns: [] };
const alike = (one: Menu, other: Menu) => JSON.stringify(one) === JSON.stringify(other);

/** The menu at the bottom of a WeChat account: read from the provider, edited as on a phone, published. */
export function AccountMenu(props: { inboxId: string; account: string }) {
  const t = useT("settings/channels");
  const s = useT("settings");
  const { message } = App.useApp();
  const confirm = useConfirm();
  const path = `/wechat/${props.inboxId}/menu`;
  const client = useQueryClient();
  // Every reading is a call at the provider's, of which an account has so many a day.
  const read = useOne<Menu>(path, { staleTime: 60_000 });
  const draft = useDraft<Menu>(NONE);
  const { value, set, accept, dirty } = draft;
  const [published, setPublished] = useState<Menu>(NONE);
  const [at, setAt] = useState<Place | null>(null);
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  useUnsavedGuard(dirty);

  const take = (menu: Menu) => {
    accept(menu);
    setPublished(menu);
    if (at === null || !buttonAt(menu, at)) setAt(menu.columns.length ? { column: 0, row: null } : null);
    setTried(false);
    setRefused(null);
    client.setQueryData([path, "one"], menu);
  };
  // What was read is taken once; edits go on from there.
  useEffect(() => {
    if (read.data && !dirty) take(read.data);
  }, [read.data]);

  const faults = faultsOf(value);
  const change = (menu: Menu, goTo: Place | null = at) => {
    set(() => menu);
    draft.refuse([]);
    setRefused(null);
    setAt(goTo);
  };
  const refetch = useSubmit(() => api.get<Menu>(path), {
    onDone: (menu) => {
      take(menu);
      void message.success(t("menu.fetched"));
    },
  });
  const fetchAgain = () =>
    dirty
      ? void confirm({
          title: t("menu.fetchTitle"),
          text: t("menu.fetchText"),
          ok: t("menu.fetch"),
          run: refetch.run,
        })
      : void refetch.run();

  const put = async () => {
    try {
      const sent = await api.put<Menu>(path, value);
      // WeChat may write things its own way: what it says now is what the next publishing is compared with.
      const now = await api.get<Menu>(path).catch(() => sent);
      take(now);
      void message.success(t(now.columns.length ? "menu.published" : "menu.removed"));
    } catch (reason) {
      const named = draft.refuse(reason);
      setRefused(named ? t("menu.faulty") : sentenceOf(reason));
    }
  };
  /** Publishes, unless somebody else has changed what customers see since it was read here. */
  const publish = useSubmit(async () => {
    setRefused(null);
    const there = await api.get<Menu>(path).catch((reason) => {
      setRefused(sentenceOf(reason));
      return null;
    });
    if (there === null) return;
    if (!alike(there, published) && !alike(there, value))
      confirm({ title: t("menu.otherTitle"), text: t("menu.otherText"), ok: t("menu.overwrite"), run: put });
    else if (!value.columns.length)
      confirm({ title: t("menu.removeTitle"), text: t("menu.removeText"), ok: t("menu.remove"), run: put });
    else await put();
  });
  const submit = () => {
    setTried(true);
    const first = faults[0];
    if (first) {
      setAt(first.place);
      setRefused(t("menu.faulty"));
    } else void publish.run();
  };

  const addRow = (column: number) => {
    const add = () => change(withRow(value, column), { column, row: value.columns[column]!.rows.length });
    const button = value.columns[column]!;
    if (button.action === null) return add();
    confirm({
      title: t("menu.opensTitle", { name: button.name || t("menu.unnamed") }),
      text: t("menu.opensText"),
      ok: t("menu.addRow"),
      run: async () => add(),
    });
  };
  const remove = (place: Place) => {
    const rows = place.row === null ? value.columns[place.column]!.rows.length : 0;
    const away = () => {
      const left = without(value, place);
      const { column, row } = place;
      if (row !== null) change(left, { column, row: row > 0 ? row - 1 : null });
      else change(left, left.columns.length ? { column: Math.max(0, column - 1), row: null } : null);
    };
    if (!rows) return away();
    confirm({
      title: t("menu.deleteTitle", { name: buttonAt(value, place)?.name || t("menu.unnamed") }),
      text: t("menu.deleteText", { count: rows }),
      ok: s("kit.delete"),
      run: async () => away(),
    });
  };
  const found = at ? buttonAt(value, at) : undefined;
  const problem = (field: string): string | undefined => {
    const own = faults.find((one) => same(one.place, at) && one.field === field);
    // What is empty is only wrong once somebody wants to publish; what is too long, at once.
    if (own && (tried || own.code === "long")) return t(`menu.fault.${own.code}`);
    return draft.problems.find((one) => {
      const pointed = placeOf(one.field);
      return pointed !== null && same(pointed.place, at) && pointed.field === field;
    })?.message;
  };
  const wrong = (place: Place): boolean =>
    faults.some((one) => same(one.place, place) && (tried || one.code === "long")) ||
    draft.problems.some((one) => same(place, placeOf(one.field)?.place ?? null));

  return (
    <Section
      title={t("menu.title")}
      description={t("menu.text")}
      extra={
        <div className="qs-row">
          <Button
            icon={<RefreshCw size={15} />}
            loading={refetch.busy}
            disabled={read.isPending}
            onClick={fetchAgain}
          >
            {t("menu.fetch")}
          </Button>
          <Button
            type="primary"
            icon={<Send size={15} />}
            loading={publish.busy}
            disabled={!dirty}
            onClick={submit}
          >
            {t("menu.publish")}
          </Button>
        </div>
      }
    >
      <State loading={read.isPending} error={read.error} onRetry={() => void read.refetch()}>
        {refused && <Alert type="error" showIcon title={refused} className="qk-gap" role="alert" />}
        <div className="qch-menu">
          <Phone
            account={props.account}
            menu={value}
            at={at}
            wrong={wrong}
            onGo={setAt}
            onAddColumn={() => change(withColumn(value), { column: value.columns.length, row: null })}
            onAddRow={addRow}
          />
          {at && found ? (
            <ButtonForm
              key={`${at.column}.${at.row}`}
              menu={value}
              place={at}
              button={found}
              problem={problem}
              onChange={change}
              onDelete={() => remove(at)}
            />
          ) : (
            <p className="qch-menu-hint">{t(value.columns.length ? "menu.choose" : "menu.empty")}</p>
          )}
        </div>
        <p className="qch-menu-state" role="status">
          {t(dirty ? "menu.changed" : "menu.asShown")}
        </p>
      </State>
    </Section>
  );
}
