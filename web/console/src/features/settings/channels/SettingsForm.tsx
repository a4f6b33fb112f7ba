import { Alert, Button, Input, InputNumber, Select, Switch } from "antd";
import { Plus, X } from "lucide-react";
import { sentenceOf } from "@/api/problem";
import { useLocale, useT } from "@/app/i18n";
import type { TypeSummary } from "@/features/tickets/types";
import { Field, Grid, Section, useOne, useRows } from "../kit";
import type { Inbox } from "../types";
import { type FormField, grouped, relevant, type Values } from "./schema";
import type { Language, Words } from "./types";

/** Groups whose name is known; the fields of others stand without a heading. */
const NAMED = new Set([
  "mailbox",
  "sign_in",
  "imap",
  "smtp",
  "answers",
  "intake",
  "account",
  "callback",
  "service",
  "staff",
  "aliyun",
  "http",
  "security",
  "texts",
  "mapping",
  "outgoing",
  "sending",
  "advanced",
  "menu",
  "calls",
  "promise",
  "closed",
]);

/** The settings of a channel as a form, drawn from what the channel says of itself. */
export function SettingsForm(props: {
  /** Null while it is being made. */
  inboxId: string | null;
  fields: FormField[];
  values: Values;
  sealed: string[];
  onChange: (values: Values, name: string) => void;
  problem: (field: string) => string | undefined;
}) {
  const t = useT("settings/channels");
  return (
    <>
      {grouped(relevant(props.fields, props.values)).map(({ group, fields }) => (
        <Section key={group || "-"} title={t(NAMED.has(group) ? `groups.${group}` : "groups.account")}>
          <Grid>
            {fields.map((field) => (
              <Setting key={field.name} {...props} field={field} />
            ))}
          </Grid>
        </Section>
      ))}
    </>
  );
}

function Setting(props: {
  inboxId: string | null;
  field: FormField;
  values: Values;
  sealed: string[];
  onChange: (values: Values, name: string) => void;
  problem: (field: string) => string | undefined;
}) {
  const t = useT("settings/channels");
  const language: Language = useLocale();
  const { field, values } = props;
  const id = `channel-${field.name}`;
  const value = values[field.name];
  const set = (next: unknown) => props.onChange({ ...values, [field.name]: next }, field.name);
  const wide =
    field.kind === "lines" || field.kind === "json" || field.kind === "list" || field.kind === "words";
  return (
    <div className={wide ? "qch-wide" : ""}>
      <Field
        label={field.title[language]}
        htmlFor={id}
        help={field.help?.[language]}
        required={field.needed && !(values[field.unless] || props.sealed.includes(field.unless))}
        problem={props.problem(field.name)}
      >
        {field.kind === "switch" ? (
          <Switch id={id} checked={value === true} aria-label={field.title[language]} onChange={set} />
        ) : field.kind === "number" ? (
          <InputNumber
            id={id}
            value={typeof value === "number" ? value : null}
            min={field.minimum ?? Number.MIN_SAFE_INTEGER}
            max={field.maximum ?? Number.MAX_SAFE_INTEGER}
            onChange={set}
          />
        ) : field.kind === "choice" ? (
          <Select
            id={id}
            value={typeof value === "string" ? value : ""}
            onChange={set}
            options={field.options.map((one) => ({ value: one.value, label: one.label[language] }))}
          />
        ) : field.kind === "secret" ? (
          <Secret
            id={id}
            name={field.title[language]}
            value={value}
            kept={props.sealed.includes(field.name)}
            onChange={set}
          />
        ) : field.kind === "inbox" ? (
          <OfInbox id={id} channel={field.channel} value={value} onChange={set} />
        ) : field.kind === "template" && props.inboxId ? (
          <OfTemplates id={id} inboxId={props.inboxId} value={value} onChange={set} />
        ) : field.kind === "ticket_type" ? (
          <OfTypes id={id} value={value} onChange={set} />
        ) : field.kind === "list" ? (
          <Lines id={id} value={value} placeholder={field.placeholder} onChange={set} add={t("addLine")} />
        ) : field.kind === "words" ? (
          <Both id={id} value={value} longest={field.longest} onChange={set} />
        ) : field.kind === "lines" || field.kind === "json" ? (
          <Input.TextArea
            id={id}
            value={typeof value === "string" ? value : ""}
            autoSize={{ minRows: 3, maxRows: 12 }}
            spellCheck={field.kind === "lines"}
            className={field.kind === "json" ? "qch-code" : ""}
            placeholder={field.placeholder}
            {...(field.longest ? { maxLength: field.longest } : {})}
            onChange={(event) => set(event.target.value)}
          />
        ) : (
          <Input
            id={id}
            value={typeof value === "string" ? value : ""}
            placeholder={field.placeholder}
            autoComplete="off"
            {...(field.longest ? { maxLength: field.longest } : {})}
            onChange={(event) => set(event.target.value)}
          />
        )}
      </Field>
    </div>
  );
}

/** A secret is typed, kept, or taken away; it is never shown again. */
function Secret(props: {
  id: string;
  name: string;
  value: unknown;
  kept: boolean;
  onChange: (value: unknown) => void;
}) {
  const t = useT("settings/channels");
  const forgotten = props.value === null;
  return (
    <div className="qs-row qs-nowrap">
      <Input.Password
        id={props.id}
        autoComplete="new-password"
        value={typeof props.value === "string" ? props.value : ""}
        placeholder={props.kept && !forgotten ? t("secretKept") : ""}
        onChange={(event) => props.onChange(event.target.value || undefined)}
      />
      {props.kept && (
        <Button onClick={() => props.onChange(forgotten ? undefined : null)}>
          {t(forgotten ? "secretKeep" : "secretForget")}
        </Button>
      )}
    </div>
  );
}

/** One of the company's inboxes of a channel. */
function OfInbox(props: { id: string; channel: string; value: unknown; onChange: (id: string) => void }) {
  const t = useT("settings/channels");
  const inboxes = useRows<Inbox>("/inboxes");
  return (
    <Select
      id={props.id}
      allowClear
      loading={inboxes.isPending}
      placeholder={t("chooseInbox")}
      notFoundContent={t("noInbox")}
      value={props.value ? String(props.value) : null}
      onChange={(id: string | undefined) => props.onChange(id ?? "")}
      options={(inboxes.rows ?? [])
        .filter((one) => one.channel === props.channel)
        .map((one) => ({ value: one.id, label: one.name }))}
    />
  );
}

/** What a letter becomes: a conversation, or a ticket of a type. */
function OfTypes(props: { id: string; value: unknown; onChange: (key: string) => void }) {
  const t = useT("settings/channels");
  const locale = useLocale();
  const types = useRows<TypeSummary>("/ticket-types");
  const named = (name: TypeSummary["name"], key: string) => name[locale] || name["zh-CN"] || name.en || key;
  return (
    <Select
      id={props.id}
      loading={types.isPending}
      value={props.value ? String(props.value) : ""}
      onChange={props.onChange}
      options={[
        { value: "", label: t("asConversation") },
        ...(types.rows ?? []).map((one) => ({
          value: one.key,
          label: t("asTicket", { type: named(one.name, one.key) }),
        })),
      ]}
    />
  );
}

/** One of the messages the provider approved for the account; typed where they cannot be read. */
function OfTemplates(props: { id: string; inboxId: string; value: unknown; onChange: (id: string) => void }) {
  const t = useT("settings/channels");
  const found = useOne<{ id: string; title: string; text: string }[]>(
    `/channels/inboxes/${props.inboxId}/templates`,
    { staleTime: 60_000 },
  );
  const value = props.value ? String(props.value) : "";
  const said = found.data?.find((one) => one.id === value)?.text;
  if (found.error)
    return (
      <div className="qs-stack">
        <Input id={props.id} value={value} onChange={(event) => props.onChange(event.target.value)} />
        <Alert type="warning" showIcon title={sentenceOf(found.error)} />
      </div>
    );
  return (
    <div className="qs-stack">
      <Select
        id={props.id}
        allowClear
        showSearch={{ optionFilterProp: "label" }}
        loading={found.isPending}
        placeholder={t("chooseTemplate")}
        notFoundContent={t("noTemplate")}
        value={value || null}
        onChange={(id: string | undefined) => props.onChange(id ?? "")}
        options={(found.data ?? []).map((one) => ({ value: one.id, label: one.title }))}
      />
      {said && <pre className="qch-preview">{said}</pre>}
    </div>
  );
}

function Lines(props: {
  id: string;
  value: unknown;
  placeholder: string;
  add: string;
  onChange: (value: string[]) => void;
}) {
  const t = useT("settings");
  const value = Array.isArray(props.value) ? props.value.map(String) : [];
  return (
    <div className="qs-stack">
      {value.map((text, index) => (
        <div className="qs-row qs-nowrap" key={index}>
          <Input
            {...(index === 0 ? { id: props.id } : {})}
            value={text}
            placeholder={props.placeholder}
            onChange={(event) =>
              props.onChange(value.map((old, at) => (at === index ? event.target.value : old)))
            }
          />
          <Button
            type="text"
            icon={<X size={15} />}
            aria-label={t("kit.remove")}
            onClick={() => props.onChange(value.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <div>
        <Button
          {...(value.length === 0 ? { id: props.id } : {})}
          icon={<Plus size={14} />}
          onClick={() => props.onChange([...value, ""])}
        >
          {props.add}
        </Button>
      </div>
    </div>
  );
}

function Both(props: {
  id: string;
  value: unknown;
  longest: number | null;
  onChange: (value: Words) => void;
}) {
  const given = (props.value ?? {}) as Partial<Words>;
  const value: Words = { "zh-CN": given["zh-CN"] ?? "", en: given.en ?? "" };
  return (
    <div className="qs-stack">
      {(["zh-CN", "en"] as const).map((language, index) => (
        <Input.TextArea
          key={language}
          {...(index === 0 ? { id: props.id } : {})}
          lang={language}
          aria-label={language === "en" ? "English" : "中文"}
          placeholder={language === "en" ? "English" : "中文"}
          autoSize={{ minRows: 1, maxRows: 6 }}
          value={value[language]}
          {...(props.longest ? { maxLength: props.longest } : {})}
          onChange={(event) => props.onChange({ ...value, [language]: event.target.value })}
        />
      ))}
    </div>
  );
}
