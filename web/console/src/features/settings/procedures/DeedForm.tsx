import { AutoComplete, Input, InputNumber, Select } from "antd";
import { useId, useMemo } from "react";
import { useLocale, useT } from "@/app/i18n";
import { WordsField } from "../../flows/fields";
import type { Words } from "../../flows/model";
import { wordsOf } from "../../tickets/bits";
import { useTicketFields } from "../../tickets/fields/useTicketFields";
import { Field, useRows } from "../kit";
import { blankDeed, DEEDS, type Deed, type DeedKind, departmentOf, readValue, shownValue } from "./deeds";

interface Props {
  deed: Deed;
  /** Types the procedure is for: their fields are offered. None: those of all types. */
  types: string[];
  problem: (field: string) => string | undefined;
  onChange: (deed: Deed) => void;
}

/** What the product does at a step, chosen and filled in. */
export function DeedForm({ deed, types, problem, onChange }: Props) {
  const t = useT("settings/procedures");
  const id = useId();
  const set = (change: Record<string, unknown>) => onChange({ ...deed, ...change } as Deed);
  const words = (name: "text" | "title", label: string) => (
    <WordsField
      key={deed.do}
      label={label}
      rows={name === "title" ? 1 : 2}
      help={t("field.say_help")}
      value={(deed as unknown as Record<string, unknown>)[name] as Words | undefined}
      problem={problem(`action.${name}`)}
      onChange={(value) => set({ [name]: value })}
    />
  );
  const fine = problem("action.text") ?? problem("action.title") ?? problem("action.value");
  return (
    <>
      <Field label={t("field.action")} htmlFor={`${id}-do`} problem={fine ? undefined : problem("action")}>
        <Select<DeedKind>
          id={`${id}-do`}
          value={deed.do}
          options={DEEDS.map((value) => ({ value, label: t(`deed.${value}`) }))}
          onChange={(kind) => onChange(blankDeed(kind))}
        />
      </Field>
      {deed.do === "set_field" ? <SetField {...{ deed, types, problem, set }} /> : null}
      {deed.do === "add_tags" ? (
        <Field label={t("deed.tags")} htmlFor={`${id}-tags`} problem={problem("action.tags")}>
          <Select
            id={`${id}-tags`}
            mode="tags"
            open={false}
            suffixIcon={null}
            tokenSeparators={[",", "，"]}
            value={deed.tags}
            onChange={(tags: string[]) =>
              set({ tags: tags.map((tag) => tag.trim().slice(0, 40)).filter(Boolean) })
            }
          />
        </Field>
      ) : null}
      {deed.do === "task" ? (
        <>
          <Department deed={deed} problem={problem("action.department")} set={set} />
          {words("title", t("deed.title"))}
          <Field
            label={t("deed.within_hours")}
            htmlFor={`${id}-within`}
            problem={problem("action.within_hours")}
          >
            <InputNumber
              id={`${id}-within`}
              min={0.5}
              max={8760}
              value={deed.within_hours ?? null}
              placeholder={t("deed.no_due")}
              onChange={(hours) => set({ within_hours: hours ?? undefined })}
            />
          </Field>
        </>
      ) : null}
      {deed.do === "approval" ? words("text", t("deed.reason")) : null}
      {deed.do === "send_text" ? words("text", t("field.say")) : null}
    </>
  );
}

type Part<K extends DeedKind> = {
  deed: Extract<Deed, { do: K }>;
  set: (change: Record<string, unknown>) => void;
};

function SetField({
  deed,
  types,
  problem,
  set,
}: Part<"set_field"> & { types: string[]; problem: (field: string) => string | undefined }) {
  const t = useT("settings/procedures");
  const tickets = useT("tickets");
  const locale = useLocale();
  const id = useId();
  const fields = useTicketFields(types);
  const spec = fields.find((one) => `fields.${one.key}` === deed.field);
  const priority = deed.field === "priority";
  const options = [
    { value: "priority", label: tickets("name.priority") },
    ...fields.map((one) => ({ value: `fields.${one.key}`, label: wordsOf(one.label, locale, one.key) })),
  ];
  if (!options.some((one) => one.value === deed.field))
    options.push({ value: deed.field, label: deed.field });
  const choices = priority
    ? [0, 1, 2, 3].map((value) => ({ value: String(value), label: tickets(`priority.${value}`) }))
    : (spec?.options ?? []).map((one) => ({ value: one.key, label: wordsOf(one.label, locale, one.key) }));
  return (
    <>
      <Field label={t("deed.field")} htmlFor={`${id}-field`} problem={problem("action.field")}>
        <Select
          id={`${id}-field`}
          showSearch={{ optionFilterProp: "label" }}
          popupMatchSelectWidth={false}
          value={deed.field}
          options={options}
          onChange={(field) => set({ field, value: field === "priority" ? 2 : "" })}
        />
      </Field>
      <Field
        label={t("deed.value")}
        htmlFor={`${id}-value`}
        problem={problem("action.value")}
        help={priority ? undefined : t("field.say_help")}
      >
        {priority ? (
          <Select
            id={`${id}-value`}
            value={String(deed.value)}
            options={choices}
            onChange={(value) => set({ value: Number(value) })}
          />
        ) : choices.length > 0 && spec?.kind === "choice" ? (
          <AutoComplete
            id={`${id}-value`}
            value={shownValue(deed.value)}
            options={choices}
            onChange={(value: string) => set({ value })}
          />
        ) : (
          <Input
            key={deed.field}
            id={`${id}-value`}
            defaultValue={shownValue(deed.value)}
            onChange={(event) => set({ value: readValue(event.target.value, spec?.kind) })}
          />
        )}
      </Field>
    </>
  );
}

function Department({ deed, problem, set }: Part<"task"> & { problem: string | undefined }) {
  const t = useT("settings/procedures");
  const id = useId();
  const departments = useRows<{ id: string; name: string }>("/departments");
  const known = useMemo(() => departments.rows ?? [], [departments.rows]);
  const chosen = departmentOf(deed.department, known);
  // A name from a file that no department here has is shown as it stands.
  const foreign = chosen === null ? Object.values(deed.department).filter(Boolean).join(" / ") : "";
  return (
    <Field
      label={t("deed.department")}
      htmlFor={`${id}-department`}
      problem={
        problem ?? (foreign && departments.rows ? t("deed.no_department", { name: foreign }) : undefined)
      }
    >
      <Select
        id={`${id}-department`}
        showSearch={{ optionFilterProp: "label" }}
        loading={!departments.rows}
        placeholder={t("deed.department")}
        value={chosen ?? (foreign || undefined)}
        options={known.map((one) => ({ value: one.id, label: one.name }))}
        onChange={(value) => {
          const name = known.find((one) => one.id === value)?.name ?? value;
          set({ department: { "zh-CN": name, en: name } });
        }}
      />
    </Field>
  );
}
