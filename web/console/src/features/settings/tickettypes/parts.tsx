import { Button, Input, Radio, Select, Tooltip } from "antd";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import { useT } from "@/app/i18n";
import { Field } from "../kit";
import { type Condition, ConditionBuilder, type Fact } from "../kit/conditions";
import { useEditor } from "./context";
import { setWords } from "./model";
import type { Words } from "./types";

/** One text in both languages. */
export function WordsField(props: {
  label: string;
  value: Words;
  onChange: (value: Words) => void;
  path: string;
  help?: string;
  required?: boolean;
  rows?: number;
  maxLength?: number;
  autoFocus?: boolean;
}) {
  const t = useT("settings/tickettypes");
  const { fault } = useEditor();
  const id = useId();
  const area = { autoSize: { minRows: props.rows ?? 1, maxRows: 10 }, maxLength: props.maxLength ?? 200 };
  return (
    <Field
      label={props.label}
      htmlFor={`${id}-zh`}
      required={props.required ?? false}
      help={props.help}
      problem={fault(props.path)}
    >
      <div className="tt-words">
        {(["zh-CN", "en"] as const).map((lang) => (
          <Input.TextArea
            key={lang}
            id={lang === "zh-CN" ? `${id}-zh` : `${id}-en`}
            lang={lang}
            autoFocus={props.autoFocus === true && lang === "zh-CN"}
            aria-label={`${props.label} ${t(`lang.${lang}`)}`}
            placeholder={t(`lang.${lang}`)}
            value={props.value[lang] ?? ""}
            onChange={(event) => props.onChange(setWords(props.value, lang, event.target.value))}
            {...area}
          />
        ))}
      </div>
    </Field>
  );
}

/** Roles by name; none means everybody. */
export function RolesField(props: {
  label: string;
  value: string[];
  onChange: (value: string[]) => void;
  path: string;
  placeholder: string;
  help?: string;
  required?: boolean;
}) {
  const { roles, fault } = useEditor();
  const id = useId();
  // A role that was deleted stays readable, to be taken out.
  const gone = props.value.filter((value) => !roles.some((role) => role.value === value));
  return (
    <Field
      label={props.label}
      htmlFor={id}
      help={props.help}
      required={props.required ?? false}
      problem={fault(props.path)}
    >
      <Select
        id={id}
        mode="multiple"
        showSearch={{ optionFilterProp: "label" }}
        placeholder={props.placeholder}
        value={props.value}
        onChange={props.onChange}
        options={[...roles, ...gone.map((value) => ({ value, label: value }))]}
      />
    </Field>
  );
}

export function DepartmentField(props: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  path: string;
  none: string;
  required?: boolean;
}) {
  const { departments, fault } = useEditor();
  const id = useId();
  const known = departments.some((one) => one.value === props.value);
  return (
    <Field label={props.label} htmlFor={id} required={props.required ?? false} problem={fault(props.path)}>
      <Select
        id={id}
        showSearch={{ optionFilterProp: "label" }}
        value={props.value ?? ""}
        onChange={(value) => props.onChange(value || null)}
        options={[
          { value: "", label: props.none },
          ...(props.value && !known ? [{ value: props.value, label: "…" }] : []),
          ...departments,
        ]}
      />
    </Field>
  );
}

type When = "never" | "always" | "condition";

/** Never, always, or when a condition holds: `required` and its condition in one control. */
export function RequiredField(props: {
  label: string;
  required: boolean;
  when: Condition | null;
  facts: Fact[];
  path: string;
  onChange: (required: boolean, when: Condition | null) => void;
}) {
  const t = useT("settings/tickettypes");
  const { fault } = useEditor();
  const mode: When = props.required ? "always" : props.when ? "condition" : "never";
  return (
    <Field label={props.label} problem={fault(`${props.path}.required_when`)}>
      <Radio.Group
        optionType="button"
        value={mode}
        onChange={(event) => {
          const next = event.target.value as When;
          props.onChange(
            next === "always",
            next === "condition" ? (props.when ?? { match: "all", conditions: [] }) : null,
          );
        }}
        options={(["never", "always", "condition"] as const).map((value) => ({
          value,
          label: t(`field.requiredWhen.${value}`),
        }))}
      />
      {mode === "condition" && (
        <ConditionBuilder
          label={props.label}
          value={props.when}
          facts={props.facts}
          emptyText={t("conditionEmpty")}
          onChange={(when) => props.onChange(false, when)}
        />
      )}
    </Field>
  );
}

/** Always, or when a condition holds. */
export function WhenField(props: {
  label: string;
  value: Condition | null;
  facts: Fact[];
  path: string;
  always: string;
  onChange: (value: Condition | null) => void;
}) {
  const t = useT("settings/tickettypes");
  const { fault } = useEditor();
  return (
    <Field label={props.label} problem={fault(props.path)}>
      <Radio.Group
        optionType="button"
        value={props.value !== null}
        onChange={(event) => props.onChange(event.target.value ? { match: "all", conditions: [] } : null)}
        options={[
          { value: false, label: props.always },
          { value: true, label: t("field.requiredWhen.condition") },
        ]}
      />
      {props.value !== null && (
        <ConditionBuilder
          label={props.label}
          value={props.value}
          facts={props.facts}
          emptyText={t("conditionEmpty")}
          onChange={props.onChange}
        />
      )}
    </Field>
  );
}

export function AddButton(props: { children: string; onClick: () => void; disabled?: boolean }) {
  return (
    <Button
      size="small"
      icon={<Plus size={14} aria-hidden />}
      disabled={props.disabled ?? false}
      onClick={props.onClick}
    >
      {props.children}
    </Button>
  );
}

export function RemoveButton(props: { label: string; onClick: () => void }) {
  return (
    <Tooltip title={props.label}>
      <Button
        type="text"
        size="small"
        icon={<X size={14} aria-hidden />}
        aria-label={props.label}
        onClick={props.onClick}
      />
    </Tooltip>
  );
}
