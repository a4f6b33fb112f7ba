/** From the JSON schema of a channel's settings to the fields of a form. Pure. */

import type { Language, Words } from "./types";

export type FieldKind =
  | "text"
  | "lines"
  | "number"
  | "switch"
  | "choice"
  | "list"
  | "secret"
  | "words"
  | "inbox"
  | "template"
  | "ticket_type"
  | "json";

export interface FormField {
  name: string;
  kind: FieldKind;
  title: Words;
  help: Words | null;
  group: string;
  placeholder: string;
  options: { value: string; label: Words }[];
  maximum: number | null;
  minimum: number | null;
  longest: number | null;
  /** Of which channel the inbox is that is chosen here. */
  channel: string;
  /** The field is only there while each of these settings has one of its values. */
  when: Record<string, string[]>;
  /** Nothing can be connected without it, unless the other setting named here is given. */
  needed: boolean;
  unless: string;
  initial: unknown;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === "string" ? value : "");
const number = (value: unknown) => (typeof value === "number" ? value : null);

function words(value: unknown, fallback: string): Words {
  if (isObject(value)) {
    const zh = text(value["zh-CN"]);
    const en = text(value.en);
    return { "zh-CN": zh || en || fallback, en: en || zh || fallback };
  }
  return { "zh-CN": text(value) || fallback, en: text(value) || fallback };
}

/** What a schema says once references and "or nothing" are followed. */
function plain(schema: Json, definitions: Json): Json {
  const reference = text(schema.$ref).split("/").pop();
  if (reference && isObject(definitions[reference]))
    return { ...plain(definitions[reference], definitions), ...schema };
  for (const key of ["anyOf", "allOf", "oneOf"]) {
    const parts = schema[key];
    if (!Array.isArray(parts)) continue;
    const real = parts.filter(isObject).filter((part) => part.type !== "null");
    if (real.length === 1 && real[0]) return { ...plain(real[0], definitions), ...schema, [key]: undefined };
  }
  return schema;
}

const INBOX = "inbox:";

function kindOf(schema: Json, secret: boolean): FieldKind {
  if (secret) return "secret";
  if (schema.widget === "words" || schema.widget === "template" || schema.widget === "ticket_type")
    return schema.widget;
  if (text(schema.widget).startsWith(INBOX)) return "inbox";
  if (Array.isArray(schema.enum)) return "choice";
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "integer":
    case "number":
      return "number";
    case "string":
      return schema.multiline ? "lines" : "text";
    case "array":
      return isObject(schema.items) && schema.items.type === "string" && !schema.items.enum ? "list" : "json";
    case "object": {
      const keys = isObject(schema.properties) ? Object.keys(schema.properties) : [];
      return keys.length === 2 && keys.includes("en") && keys.includes("zh-CN") ? "words" : "json";
    }
    default:
      return "json";
  }
}

const conditions = (given: unknown): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(isObject(given) ? given : {}).map(([name, values]) => [
      name,
      (Array.isArray(values) ? values : []).map(String),
    ]),
  );

/** Fields that mean something with what is chosen elsewhere in the form. */
export const relevant = (fields: readonly FormField[], values: Values): FormField[] =>
  fields.filter((field) =>
    Object.entries(field.when).every(([name, wanted]) => wanted.includes(String(values[name]))),
  );

/** The fields in the order the channel names them. */
export function fieldsOf(schema: Json, secrets: readonly string[]): FormField[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const definitions = isObject(schema.$defs) ? schema.$defs : {};
  return Object.entries(properties)
    .filter((entry): entry is [string, Json] => isObject(entry[1]))
    .map(([name, raw]) => {
      const one = plain(raw, definitions);
      const labels = isObject(one.options) ? one.options : {};
      return {
        name,
        kind: kindOf(one, secrets.includes(name)),
        title: words(raw.title ?? one.title, name),
        help: one.help ? words(one.help, "") : null,
        group: text(one.group),
        placeholder: text(one.placeholder),
        options: (Array.isArray(one.enum) ? one.enum : []).map((value) => ({
          value: String(value),
          label: words(labels[String(value)], String(value)),
        })),
        maximum: number(one.maximum),
        minimum: number(one.minimum),
        longest: number(one.maxLength),
        channel: text(one.widget).startsWith(INBOX) ? text(one.widget).slice(INBOX.length) : "",
        when: conditions(one.shown_when),
        needed: one.needed === true,
        unless: text(one.unless),
        initial: one.default ?? null,
      };
    });
}

/** Fields by their groups, groups in the order they first appear. */
export function grouped(fields: readonly FormField[]): { group: string; fields: FormField[] }[] {
  const found: { group: string; fields: FormField[] }[] = [];
  for (const field of fields) {
    const shelf = found.find((one) => one.group === field.group);
    if (shelf) shelf.fields.push(field);
    else found.push({ group: field.group, fields: [field] });
  }
  return found;
}

export type Values = Record<string, unknown>;

/** What the form begins with: what is stored, else what the channel gives by itself. Secrets begin empty. */
export function valuesOf(fields: readonly FormField[], stored: Values): Values {
  return Object.fromEntries(
    fields.map((field) => {
      if (field.kind === "secret") return [field.name, undefined];
      const value = stored[field.name] ?? field.initial;
      return [field.name, field.kind === "json" ? JSON.stringify(value ?? null, null, 2) : value];
    }),
  );
}

export interface Fault {
  field: string;
  message: "json" | "required";
}

/** What is sent: secrets only where something was typed (or taken away), texts without blanks around them. */
export function settingsOf(
  fields: readonly FormField[],
  values: Values,
): { settings: Values; faults: Fault[] } {
  const settings: Values = {};
  const faults: Fault[] = [];
  for (const field of fields) {
    const value = values[field.name];
    if (field.kind === "secret") {
      if (value === undefined || value === "") continue;
      settings[field.name] = value;
    } else if (field.kind === "json") {
      try {
        settings[field.name] = JSON.parse(String(value ?? "null"));
      } catch {
        faults.push({ field: field.name, message: "json" });
      }
    } else if (field.kind === "list") {
      settings[field.name] = (Array.isArray(value) ? value : [])
        .map((one) => String(one).trim())
        .filter(Boolean);
    } else if (field.kind === "text") {
      settings[field.name] = typeof value === "string" ? value.trim() : value;
      if (settings[field.name] === "" && field.initial === null) settings[field.name] = null;
    } else settings[field.name] = value;
  }
  return { settings, faults };
}

export const inLanguage = (value: Words, language: Language): string => value[language];
