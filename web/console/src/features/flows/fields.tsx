import { Input, Select } from "antd";
import { useId, useState } from "react";
import { useT } from "@/app/i18n";
import { Field } from "../settings/kit";
import type { Words } from "./model";

/** One text in both languages, side by side. */
export function WordsField(props: {
  label: string;
  value: Words | undefined;
  onChange: (value: Words | undefined) => void;
  problem?: string | undefined;
  help?: string;
  rows?: number;
  optional?: boolean;
}) {
  const t = useT("flows");
  const id = useId();
  const value = props.value ?? { "zh-CN": "", en: "" };
  const change = (locale: keyof Words, text: string) => {
    const next = { ...value, [locale]: text };
    props.onChange(props.optional && !next["zh-CN"] && !next.en ? undefined : next);
  };
  return (
    <Field label={props.label} htmlFor={`${id}-zh`} problem={props.problem} help={props.help}>
      <Input.TextArea
        id={`${id}-zh`}
        aria-label={`${props.label} ${t("chinese")}`}
        autoSize={{ minRows: props.rows ?? 1, maxRows: 8 }}
        placeholder={t("chinese")}
        value={value["zh-CN"]}
        onChange={(event) => change("zh-CN", event.target.value)}
      />
      <Input.TextArea
        style={{ marginTop: 4 }}
        aria-label={`${props.label} ${t("english")}`}
        autoSize={{ minRows: props.rows ?? 1, maxRows: 8 }}
        placeholder={t("english")}
        value={value.en}
        onChange={(event) => change("en", event.target.value)}
      />
    </Field>
  );
}

/** One phrase a line. */
export function LinesField(props: {
  label: string;
  value: string[] | undefined;
  onChange: (value: string[]) => void;
  rows?: number;
}) {
  const id = useId();
  return (
    <Field label={props.label} htmlFor={id}>
      <Input.TextArea
        id={id}
        autoSize={{ minRows: props.rows ?? 2, maxRows: 10 }}
        defaultValue={(props.value ?? []).join("\n")}
        onChange={(event) =>
          props.onChange(
            event.target.value
              .split("\n")
              .map((line) => line.trim())
              .filter(Boolean),
          )
        }
      />
    </Field>
  );
}

/** Chooses a step, or none. */
export function StepField(props: {
  label: string;
  value: string | undefined;
  steps: string[];
  none: string;
  onChange: (value: string | undefined) => void;
  problem?: string | undefined;
}) {
  const id = useId();
  return (
    <Field label={props.label} htmlFor={id} problem={props.problem}>
      <Select
        id={id}
        showSearch
        value={props.value ?? ""}
        onChange={(value) => props.onChange(value || undefined)}
        options={[{ value: "", label: props.none }, ...props.steps.map((value) => ({ value, label: value }))]}
      />
    </Field>
  );
}

/** JSON that is kept while it cannot be read, which is said, and handed on once it can. */
export function JsonField(props: {
  label: string;
  value: unknown;
  onChange: (value: never) => void;
  problem?: string | undefined;
  help?: string;
  onBroken?: (broken: boolean) => void;
}) {
  const t = useT("flows");
  const id = useId();
  const [broken, setBroken] = useState(false);
  const read = (text: string): unknown => (text ? JSON.parse(text) : undefined);
  return (
    <Field
      label={props.label}
      htmlFor={id}
      problem={broken ? t("json_broken") : props.problem}
      help={props.help}
    >
      <Input.TextArea
        id={id}
        className="qf-mono"
        spellCheck={false}
        autoSize={{ minRows: 2, maxRows: 12 }}
        defaultValue={props.value === undefined ? "" : JSON.stringify(props.value, null, 2)}
        onChange={(event) => {
          let wrong = false;
          try {
            props.onChange(read(event.target.value.trim()) as never);
          } catch {
            wrong = true;
          }
          setBroken(wrong);
          props.onBroken?.(wrong);
        }}
      />
    </Field>
  );
}
