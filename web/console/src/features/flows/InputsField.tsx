import { Button, Checkbox, Input, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { faultOfName, INPUT_TYPES, type InputRow, type InputSpec, inputsOf, rowsOf } from "./inputs";

/** What a tool is asked for: one block an input. */
export function InputsField(props: {
  value: Record<string, InputSpec>;
  onChange: (value: Record<string, InputSpec>) => void;
  onBroken: (broken: boolean) => void;
  problem?: string | undefined;
}) {
  const t = useT("flows");
  const [rows, setRows] = useState<InputRow[]>(() => rowsOf(props.value));
  const take = (next: InputRow[]) => {
    setRows(next);
    const inputs = inputsOf(next);
    props.onBroken(inputs === null);
    if (inputs) props.onChange(inputs);
  };
  const change = (at: number, part: Partial<InputRow>) =>
    take(rows.map((row, i) => (i === at ? { ...row, ...part } : row)));
  return (
    <fieldset className="qf-cases">
      <legend>{t("inputs")}</legend>
      {props.problem ? <p className="qf-wrong">{props.problem}</p> : null}
      {rows.length ? null : <p className="qf-hint">{t("input.none")}</p>}
      {rows.map((row, at) => {
        const fault = faultOfName(rows, at);
        const words = row.description ?? { "zh-CN": "", en: "" };
        return (
          <div key={at} className="qf-case">
            <div className="qf-row">
              <Input
                aria-label={t("input.name")}
                className="qf-mono"
                placeholder={t("input.name")}
                {...(fault && row.name ? { status: "error" as const } : {})}
                value={row.name}
                onChange={(event) => change(at, { name: event.target.value.trim() })}
              />
              <Select
                className="qf-type"
                aria-label={t("field.type")}
                value={row.type ?? "text"}
                options={INPUT_TYPES.map((value) => ({ value, label: t(`input.${value}`) }))}
                onChange={(type) => change(at, { type })}
              />
              <Button
                type="text"
                aria-label={t("remove")}
                icon={<Trash2 size={14} aria-hidden />}
                onClick={() => take(rows.filter((_, i) => i !== at))}
              />
            </div>
            {fault && row.name ? <p className="qf-wrong">{t(`input.${fault}`)}</p> : null}
            <div className="qf-row">
              <Input
                aria-label={`${t("field.description")} ${t("chinese")}`}
                placeholder={`${t("field.description")} · ${t("chinese")}`}
                value={words["zh-CN"]}
                onChange={(event) => change(at, { description: { ...words, "zh-CN": event.target.value } })}
              />
              <Input
                aria-label={`${t("field.description")} ${t("english")}`}
                placeholder={`${t("field.description")} · ${t("english")}`}
                value={words.en}
                onChange={(event) => change(at, { description: { ...words, en: event.target.value } })}
              />
            </div>
            {(row.type ?? "text") === "text" ? (
              <div className="qf-row">
                <Select
                  mode="tags"
                  aria-label={t("input.choices")}
                  placeholder={t("input.choices")}
                  value={row.choices ?? []}
                  onChange={(choices) => change(at, { choices })}
                />
              </div>
            ) : null}
            <div className="qf-row">
              <Checkbox
                checked={row.required ?? true}
                onChange={(event) => change(at, { required: event.target.checked })}
              >
                {t("input.required")}
              </Checkbox>
              <Checkbox
                checked={row.personal ?? false}
                onChange={(event) => change(at, { personal: event.target.checked })}
              >
                {t("field.personal")}
              </Checkbox>
            </div>
          </div>
        );
      })}
      <Button
        size="small"
        icon={<Plus size={14} aria-hidden />}
        onClick={() => take([...rows, { name: "", type: "text", required: true }])}
      >
        {t("input.add")}
      </Button>
    </fieldset>
  );
}
