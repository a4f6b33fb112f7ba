import { Button, Input, InputNumber, Select, Switch } from "antd";
import { Plus, X } from "lucide-react";

import { useLocale, useT } from "@/app/i18n";
import { Field, Grid, Section } from "../kit";
import { type FormField, grouped, type Values } from "./schema";
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
]);

/** The settings of a channel as a form, drawn from what the channel says of itself. */
export function SettingsForm(props: {
  fields: FormField[];
  values: Values;
  sealed: string[];
  onChange: (values: Values) => void;
  problem: (field: string) => string | undefined;
}) {
  const t = useT("settings/channels");
  return (
    <>
      {grouped(props.fields).map(({ group, fields }) => (
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
  field: FormField;
  values: Values;
  sealed: string[];
  onChange: (values: Values) => void;
  problem: (field: string) => string | undefined;
}) {
  const t = useT("settings/channels");
  const language: Language = useLocale();
  const { field, values } = props;
  const id = `channel-${field.name}`;
  const value = values[field.name];
  const set = (next: unknown) => props.onChange({ ...values, [field.name]: next });
  const wide =
    field.kind === "lines" || field.kind === "json" || field.kind === "list" || field.kind === "words";
  return (
    <div className={wide ? "qc-wide" : ""}>
      <Field
        label={field.title[language]}
        htmlFor={id}
        help={field.help?.[language]}
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
            className={field.kind === "json" ? "qc-code" : ""}
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
