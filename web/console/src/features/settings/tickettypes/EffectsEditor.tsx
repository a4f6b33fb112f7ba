import { Dropdown, Input, InputNumber, Select } from "antd";
import { useT } from "@/app/i18n";
import { centsOf, placesOf } from "@/lib/format";
import { Field } from "../kit";
import { useEditor } from "./context";
import { replaced, without, wordsIn } from "./model";
import { AddButton, DepartmentField, RemoveButton, WordsField } from "./parts";
import type { Effect, FieldSpec } from "./types";

const STARTS: Record<Effect["do"], () => Effect> = {
  task: () => ({ do: "task", department_id: "", title: {}, within_hours: 24 }),
  assign: () => ({ do: "assign", department_id: null, to: "nobody" }),
  set: () => ({ do: "set", field: "priority", value: 2 }),
  tell_customer: () => ({ do: "tell_customer", text: {} }),
};

/** What happens when a way is taken, in order. */
export function EffectsEditor(props: {
  effects: Effect[];
  path: string;
  onChange: (effects: Effect[]) => void;
}) {
  const t = useT("settings/tickettypes");
  const { effects, onChange } = props;
  return (
    <Field label={t("effect.title")}>
      <div className="qs-stack">
        {effects.map((effect, i) => {
          const path = `${props.path}.${i}`;
          // Each change stays within its own kind of effect.
          const set = (part: object) => onChange(replaced(effects, i, part as Partial<Effect>));
          return (
            <fieldset className="tt-effect" key={`${i}${effect.do}`}>
              <legend>{t(`effect.${effect.do}`)}</legend>
              <span className="tt-effect-gone">
                <RemoveButton label={t("remove")} onClick={() => onChange(without(effects, i))} />
              </span>
              {effect.do === "task" && (
                <>
                  <DepartmentField
                    label={t("effect.department")}
                    required
                    none={t("effect.choose")}
                    path={`${path}.department_id`}
                    value={effect.department_id || null}
                    onChange={(id) => set({ department_id: id ?? "" })}
                  />
                  <WordsField
                    label={t("effect.taskTitle")}
                    required
                    path={`${path}.title`}
                    value={effect.title}
                    onChange={(title) => set({ title })}
                  />
                  <Field label={t("effect.within")} htmlFor={`${path}-within`}>
                    <InputNumber
                      id={`${path}-within`}
                      min={0.5}
                      max={8760}
                      suffix={t("hours")}
                      placeholder={t("effect.noDue")}
                      value={effect.within_hours}
                      onChange={(within_hours) => set({ within_hours })}
                    />
                  </Field>
                </>
              )}
              {effect.do === "assign" && (
                <>
                  <DepartmentField
                    label={t("effect.department")}
                    none={t("effect.sameDepartment")}
                    path={`${path}.department_id`}
                    value={effect.department_id}
                    onChange={(department_id) => set({ department_id })}
                  />
                  <Field label={t("effect.to")} htmlFor={`${path}-to`}>
                    <Select
                      id={`${path}-to`}
                      value={effect.to}
                      onChange={(to) => set({ to })}
                      options={(["nobody", "whoever_moves", "creator"] as const).map((value) => ({
                        value,
                        label: t(`effect.assignTo.${value}`),
                      }))}
                    />
                  </Field>
                </>
              )}
              {effect.do === "set" && <SetFields effect={effect} path={path} set={set} />}
              {effect.do === "tell_customer" && (
                <WordsField
                  label={t("effect.words")}
                  help={t("effect.wordsHelp")}
                  required
                  rows={3}
                  maxLength={2000}
                  path={`${path}.text`}
                  value={effect.text}
                  onChange={(text) => set({ text })}
                />
              )}
            </fieldset>
          );
        })}
        <div>
          <Dropdown
            trigger={["click"]}
            menu={{
              items: (Object.keys(STARTS) as Effect["do"][]).map((kind) => ({
                key: kind,
                label: t(`effect.${kind}`),
                onClick: () => onChange([...effects, STARTS[kind]()]),
              })),
            }}
          >
            <span>
              <AddButton disabled={effects.length >= 20} onClick={() => undefined}>
                {t("effect.add")}
              </AddButton>
            </span>
          </Dropdown>
        </div>
      </div>
    </Field>
  );
}

function SetFields(props: {
  effect: Extract<Effect, { do: "set" }>;
  path: string;
  set: (part: object) => void;
}) {
  const t = useT("settings/tickettypes");
  const { definition, lang, fault } = useEditor();
  const { effect, path, set } = props;
  const field = definition.fields.find((one) => effect.field === `fields.${one.key}`);
  const choose = (name: string) => {
    const next = definition.fields.find((one) => name === `fields.${one.key}`);
    const start: Record<string, unknown> = { priority: 2, tags: [], due_in_hours: 24 };
    set({ field: name, value: name in start ? start[name] : startOf(next) });
  };
  return (
    <>
      <Field label={t("effect.what")} htmlFor={`${path}-field`} problem={fault(`${path}.field`)}>
        <Select
          id={`${path}-field`}
          value={effect.field}
          onChange={choose}
          options={[
            { value: "priority", label: t("basics.priority") },
            { value: "tags", label: t("facts.tags") },
            { value: "due_in_hours", label: t("effect.dueIn") },
            ...definition.fields.filter(settable).map((one) => ({
              value: `fields.${one.key}`,
              label: wordsIn(one.label, lang) || one.key,
            })),
          ]}
        />
      </Field>
      <Field label={t("effect.value")} htmlFor={`${path}-value`} problem={fault(`${path}.value`)}>
        <SetValue id={`${path}-value`} name={effect.field} field={field} value={effect.value} set={set} />
      </Field>
    </>
  );
}

/** Kinds with a value one can write down beforehand. */
function settable(field: FieldSpec): boolean {
  return ["text", "long_text", "number", "money", "yes_no", "choice", "choices"].includes(field.kind);
}

function startOf(field: FieldSpec | undefined): unknown {
  if (field?.kind === "yes_no") return true;
  if (field?.kind === "choice") return field.options[0]?.key ?? null;
  if (field?.kind === "choices") return [];
  if (field?.kind === "number") return 0;
  if (field?.kind === "money") return { minor: 0, currency: field.currency };
  return "";
}

function SetValue(props: {
  id: string;
  name: string;
  field: FieldSpec | undefined;
  value: unknown;
  set: (part: { value: unknown }) => void;
}) {
  const t = useT("settings/tickettypes");
  const { lang } = useEditor();
  const { id, name, field, value, set } = props;
  const options = (field?.options ?? []).map((option) => ({
    value: option.key,
    label: wordsIn(option.label, lang) || option.key,
  }));
  if (name === "priority")
    return (
      <Select
        id={id}
        value={value as number}
        onChange={(next) => set({ value: next })}
        options={[0, 1, 2, 3].map((one) => ({ value: one, label: t(`priority.${one}`) }))}
      />
    );
  if (name === "tags")
    return (
      <Select
        id={id}
        mode="tags"
        open={false}
        value={(value as string[]) ?? []}
        onChange={(next) => set({ value: next })}
      />
    );
  if (field?.kind === "yes_no")
    return (
      <Select
        id={id}
        value={value === true}
        onChange={(next) => set({ value: next })}
        options={[
          { value: true, label: t("yes") },
          { value: false, label: t("no") },
        ]}
      />
    );
  if (field?.kind === "choice")
    return (
      <Select id={id} value={value as string} onChange={(next) => set({ value: next })} options={options} />
    );
  if (field?.kind === "choices")
    return (
      <Select
        id={id}
        mode="multiple"
        value={(value as string[]) ?? []}
        onChange={(next) => set({ value: next })}
        options={options}
      />
    );
  if (field?.kind === "money") {
    const minor = (value as { minor?: number } | null)?.minor ?? 0;
    return (
      <InputNumber
        id={id}
        precision={placesOf(field.currency)}
        suffix={field.currency}
        value={minor / centsOf(field.currency)}
        onChange={(next) =>
          set({
            value: { minor: Math.round((next ?? 0) * centsOf(field.currency)), currency: field.currency },
          })
        }
      />
    );
  }
  if (name === "due_in_hours" || field?.kind === "number")
    return (
      <InputNumber
        id={id}
        value={value as number}
        {...(name === "due_in_hours" ? { min: 1, max: 8760, suffix: t("hours") } : {})}
        onChange={(next) => set({ value: next ?? 0 })}
      />
    );
  return (
    <Input
      id={id}
      maxLength={2000}
      value={String(value ?? "")}
      onChange={(event) => set({ value: event.target.value })}
    />
  );
}
