import { Button, Input, Tabs } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useRef } from "react";
import { useLocale, useT } from "@/app/i18n";
import { Field } from "../kit";
import type { Catalogue, LocaleName, Texts } from "./types";

const LANGUAGES: { key: LocaleName; name: string }[] = [
  { key: "zh-CN", name: "简体中文" },
  { key: "en", name: "English" },
];

/** The same text in both languages, with buttons for what can be filled in. */
export function TextsInput(props: {
  id: string;
  label: string;
  short?: boolean;
  value: Texts | undefined;
  catalogue: Catalogue;
  onChange: (value: Texts) => void;
}) {
  const t = useT("settings/automation");
  const locale = useLocale();
  const areas = useRef<Partial<Record<LocaleName, TextAreaRef | null>>>({});
  const value = props.value ?? {};
  const change = (key: LocaleName, text: string) => {
    const next = { ...value };
    if (text) next[key] = text;
    else delete next[key];
    props.onChange(next);
  };
  const insert = (key: LocaleName, name: string) => {
    const element = areas.current[key]?.resizableTextArea?.textArea;
    const before = value[key] ?? "";
    const start = element?.selectionStart ?? before.length;
    const word = `{{${name}}}`;
    change(key, before.slice(0, start) + word + before.slice(element?.selectionEnd ?? start));
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(start + word.length, start + word.length);
    });
  };
  const first = locale === "en" ? [...LANGUAGES].reverse() : LANGUAGES;
  return (
    <Field label={props.label} required>
      <Tabs
        size="small"
        items={first.map(({ key, name }) => ({
          key,
          label: value[key] ? `${name} ✓` : name,
          children: (
            <>
              <Input.TextArea
                ref={(area) => {
                  areas.current[key] = area;
                }}
                id={`${props.id}-${key}`}
                aria-label={`${props.label} (${name})`}
                lang={key}
                autoSize={props.short ? { minRows: 1, maxRows: 2 } : { minRows: 3, maxRows: 12 }}
                maxLength={4000}
                value={value[key] ?? ""}
                onChange={(event) => change(key, event.target.value)}
              />
              {!props.short && (
                <div className="qa-variables" role="group" aria-label={t("form.variables")}>
                  {props.catalogue.variables.slice(0, 12).map((one) => (
                    <Button key={one.name} size="small" type="text" onClick={() => insert(key, one.name)}>
                      {one.label}
                    </Button>
                  ))}
                </div>
              )}
            </>
          ),
        }))}
      />
    </Field>
  );
}
