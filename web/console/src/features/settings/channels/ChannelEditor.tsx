import { Alert, Button, Tabs } from "antd";
import { PlugZap } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";

import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { Extensions } from "@/features/calls/Extensions";
import { Basics } from "../inboxes/Basics";
import { IncomingMapping } from "../inboxes/channels/IncomingMapping";
import {
  Code,
  FormProblem,
  leaveSaved,
  Page,
  SaveBar,
  Section,
  State,
  Toggle,
  useDraft,
  useOne,
  useRows,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import type { Inbox } from "../types";
import { Entries } from "./Entries";
import { Guide } from "./Guide";
import { HealthCard } from "./HealthCard";
import { Letters, LettersLabel } from "./Letters";
import { AccountMenu } from "./menu/AccountMenu";
import { SettingsForm } from "./SettingsForm";
import { type FormField, fieldsOf, relevant, settingsOf, type Values, valuesOf } from "./schema";
import type { Manifest } from "./types";
import "./channels.css";

interface Draft {
  name: string;
  queue_id: string | null;
  calendar_id: string | null;
  bot_enabled: boolean;
  active: boolean;
  values: Values;
}

const EMPTY: Draft = {
  name: "",
  queue_id: null,
  calendar_id: null,
  bot_enabled: true,
  active: true,
  values: {},
};

/** The inbox that was made here last: one goes on with what its provider has to be told. */
let justMade: string | null = null;

interface Tried {
  fine: boolean;
  reason: string | null;
  facts: Record<string, string>;
}

function draftOf(inbox: Inbox, fields: FormField[]): Draft {
  const { name, queue_id, calendar_id, bot_enabled, active } = inbox;
  return { name, queue_id, calendar_id, bot_enabled, active, values: valuesOf(fields, inbox.settings ?? {}) };
}

/** An inbox of any channel: what every inbox has, and what its channel can be set to. */
export default function ChannelEditor(props: { inboxId: string; channel: string }) {
  const t = useT("settings/channels");
  const s = useT("settings");
  const mapping = useT("settings/incoming");
  const calls = useT("calls");
  const language = useLocale();
  const go = useGo();
  const isNew = props.inboxId.startsWith("new-");
  const inbox = useOne<Inbox>(isNew ? null : `/inboxes/${props.inboxId}`);
  const channels = useRows<Manifest>("/channels");
  const manifest = channels.rows?.find((one) => one.name === props.channel);
  const fields = useMemo(() => (manifest ? fieldsOf(manifest.fields, manifest.secrets) : []), [manifest]);
  // Where what comes in is read from has a tab of its own.
  const drawn = fields.filter((field) => props.channel !== "incoming" || field.group !== "mapping");
  const draft = useDraft<Draft>(EMPTY);
  const { value, set, accept, dirty, problem } = draft;
  const [tab, setTab] = useState(justMade === props.inboxId ? "connect" : "basics");
  const [tried, setTried] = useState<Tried | null>(null);
  const outcome = useRef<HTMLDivElement>(null);
  // What came of a test would stand below the edge of the page.
  useEffect(() => {
    if (tried) outcome.current?.scrollIntoView({ block: "nearest" });
  }, [tried]);
  // What somebody edits stays theirs, whatever the server says meanwhile.
  useEffect(() => {
    if (inbox.data && manifest && !dirty) accept(draftOf(inbox.data, fields));
  }, [inbox.data, manifest, fields, accept]);
  useEffect(() => {
    if (isNew && manifest) accept({ ...EMPTY, values: valuesOf(fields, {}) });
  }, [isNew, manifest, fields, accept]);
  useUnsavedGuard(dirty);

  const save = useSubmit(
    () => {
      const { name, queue_id, calendar_id, bot_enabled, active } = value;
      const body = {
        name: name.trim(),
        queue_id,
        calendar_id,
        bot_enabled,
        settings: settingsOf(fields, value.values).settings,
      };
      return isNew
        ? api.post<Inbox>("/inboxes", { ...body, channel: props.channel })
        : api.patch<Inbox>(`/inboxes/${props.inboxId}`, { ...body, active });
    },
    {
      stale: ["/inboxes"],
      draft,
      done: s(isNew ? "inboxes.created" : "kit.saved"),
      onDone: (saved) => {
        accept(draftOf(saved, fields));
        if (isNew)
          leaveSaved(() => {
            justMade = manifest?.by.includes("hook") ? saved.id : null;
            go(`/settings/inboxes/${saved.id}`, { replace: true });
          });
      },
    },
  );
  const probe = useSubmit(
    () =>
      api.post<Tried>("/channels/probe", {
        channel: props.channel,
        settings: settingsOf(fields, value.values).settings,
        inbox_id: isNew ? null : props.inboxId,
      }),
    { draft, onDone: setTried },
  );
  const submit = () => {
    const faults = settingsOf(fields, value.values).faults.map((one) => ({
      field: one.field,
      message: t("notJson"),
    }));
    if (!value.name.trim()) faults.push({ field: "name", message: s("kit.required") });
    if (faults.length) {
      draft.refuse(faults);
      setTab("basics");
    } else void save.run();
  };
  const hook = `${location.origin}/api/v1/channels/hooks/${inbox.data?.key ?? ""}`;

  const basics = (
    <>
      <Section title={s("inboxes.basics")}>
        <Basics
          value={value}
          onChange={set}
          problem={problem}
          isNew={isNew}
          calendarHelp={t("calendarHelp")}
        />
      </Section>
      <SettingsForm
        inboxId={isNew ? null : props.inboxId}
        fields={drawn}
        values={value.values}
        sealed={inbox.data?.sealed ?? []}
        onChange={(values, name) => {
          set({ values });
          draft.mended(name);
          setTried(null);
        }}
        problem={problem}
      />
      {manifest?.can_test && (
        <Section title={t("test")} description={t("testText")}>
          <div className="qs-stack">
            <div>
              <Button icon={<PlugZap size={15} />} loading={probe.busy} onClick={() => void probe.run()}>
                {t("testNow")}
              </Button>
            </div>
            <div aria-live="polite" ref={outcome} className="qch-outcome">
              {tried && (
                <Alert
                  type={tried.fine ? "success" : "error"}
                  showIcon
                  title={tried.fine ? t("testFine") : (tried.reason ?? t("testFailed"))}
                  description={
                    Object.keys(tried.facts).length > 0 && (
                      <dl className="qch-facts">
                        {Object.entries(tried.facts).map(([key, fact]) => (
                          <div key={key} className="qch-fact">
                            <dt>{key}</dt>
                            <dd>{fact}</dd>
                          </div>
                        ))}
                      </dl>
                    )
                  }
                />
              )}
            </div>
          </div>
        </Section>
      )}
    </>
  );
  const connect = (
    <Section title={t("hook")} description={t("hookText")}>
      <Code label={t("hook")} text={hook} />
    </Section>
  );
  return (
    <Page
      wide
      title={isNew ? t("new", { channel: manifest?.title[language] ?? "" }) : (inbox.data?.name ?? "")}
      description={isNew ? manifest?.summary[language] : manifest?.title[language]}
      onBack={() => go(isNew ? "/settings/inboxes/new" : "/settings/inboxes")}
      actions={
        <>
          {manifest && <Guide docs={manifest.docs} channel={manifest.title[language]} />}
          {!isNew && (
            <Toggle checked={value.active} onChange={(active) => set({ active })}>
              {s(value.active ? "inboxes.active" : "inboxes.inactive")}
            </Toggle>
          )}
        </>
      }
    >
      <State
        loading={channels.isPending || (!isNew && inbox.isPending)}
        error={channels.error ?? inbox.error}
        onRetry={() => void (channels.error ? channels.refetch() : inbox.refetch())}
        empty={Boolean(channels.rows) && !manifest}
        emptyTitle={t("unknown")}
      >
        {!isNew && <HealthCard inboxId={props.inboxId} />}
        <FormProblem
          problems={draft.problems}
          shown={["name", "queue", "calendar", ...relevant(drawn, value.values).map((field) => field.name)]}
        />
        <Tabs
          activeKey={tab}
          onChange={setTab}
          items={[
            { key: "basics", label: s("inboxes.tab.basics"), children: basics },
            ...(!isNew && manifest?.by.includes("hook")
              ? [{ key: "connect", label: t("connect"), children: connect }]
              : []),
            ...(props.channel === "incoming"
              ? [
                  {
                    key: "mapping",
                    label: mapping("tab"),
                    children: (
                      <IncomingMapping
                        values={value.values}
                        onChange={(change) => set({ values: { ...value.values, ...change } })}
                      />
                    ),
                  },
                ]
              : []),
            ...((props.channel === "wechat" || props.channel === "wechat_mini") && !isNew
              ? [
                  {
                    key: "entries",
                    label: t("entries"),
                    children: <Entries inboxId={props.inboxId} mini={props.channel === "wechat_mini"} />,
                  },
                ]
              : []),
            ...(props.channel === "wechat" && !isNew
              ? [
                  {
                    key: "menu",
                    label: t("menu.tab"),
                    children: <AccountMenu inboxId={props.inboxId} account={inbox.data?.name ?? ""} />,
                  },
                ]
              : []),
            ...(props.channel === "phone" && !isNew
              ? [
                  {
                    key: "extensions",
                    label: calls("extensions.tab"),
                    children: <Extensions inboxId={props.inboxId} />,
                  },
                ]
              : []),
            ...(isNew
              ? []
              : [
                  {
                    key: "letters",
                    label: <LettersLabel inboxId={props.inboxId} />,
                    children: <Letters inboxId={props.inboxId} />,
                  },
                ]),
          ]}
        />
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={submit}
          onReset={draft.reset}
          {...(isNew ? { saveText: s("kit.create") } : {})}
        />
      </State>
    </Page>
  );
}
