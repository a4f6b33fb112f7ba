import { Input, Select } from "antd";
import { useT } from "@/app/i18n";
import { LinesField, WordsField } from "../../flows/fields";
import type { Words } from "../../flows/model";
import { useTypes } from "../../tickets/api";
import { useWords } from "../../tickets/bits";
import { Field, Toggle } from "../kit";
import { type Condition, ConditionBuilder } from "../kit/conditions";
import type { Fault, ProcedureDocument } from "./model";
import { useFacts } from "./StepForm";

/** What the procedure is called and when it fits. */
export function About(props: {
  doc: ProcedureDocument;
  faults: Fault[];
  onChange: (doc: ProcedureDocument) => void;
}) {
  const t = useT("settings/procedures");
  const words = useWords();
  const { doc, onChange } = props;
  const start = doc.start ?? {};
  const types = useTypes().data ?? [];
  const facts = useFacts(doc).filter((fact) => !fact.path.startsWith("answers."));
  const set = (change: Partial<NonNullable<ProcedureDocument["start"]>>) =>
    onChange({ ...doc, start: { ...start, ...change } });
  const wrong = (field: string) =>
    props.faults.find((f) => !f.step && (f.field === field || f.field.startsWith(`${field}.`)))?.text;
  return (
    <div className="qf-panel">
      <h2>{t("about_procedure")}</h2>
      <WordsField
        label={t("field.name")}
        value={doc.name as unknown as Words}
        problem={wrong("name")}
        onChange={(name) => onChange({ ...doc, name: { ...name } })}
      />
      <WordsField
        label={t("field.description")}
        optional
        value={doc.description as unknown as Words | undefined}
        onChange={(description) => {
          const { description: _, ...rest } = doc;
          onChange(description ? { ...doc, description: { ...description } } : (rest as ProcedureDocument));
        }}
      />
      <h3>{t("when_it_fits")}</h3>
      {(["phrases", "keywords"] as const).map((name) =>
        (["zh-CN", "en"] as const).map((locale) => (
          <LinesField
            key={`${name}${locale}`}
            label={`${t(`field.${name}`)} (${locale})`}
            value={start[name]?.[locale]}
            onChange={(lines) => set({ [name]: { ...start[name], [locale]: lines } })}
          />
        )),
      )}
      <Field label={t("field.ticket_types")} htmlFor="qp-types" problem={wrong("start.ticket_types")}>
        <Select
          id="qp-types"
          mode="multiple"
          value={start.ticket_types ?? []}
          options={types.map((one) => ({ value: one.key, label: words(one.name, one.key) }))}
          onChange={(ticket_types) => set({ ticket_types })}
        />
      </Field>
      <Field label={t("field.when")} problem={wrong("start.when")}>
        <ConditionBuilder
          facts={facts}
          value={(start.when as Condition) ?? null}
          onChange={(when) => set({ when: when.conditions.length ? when : undefined })}
        />
      </Field>
      <Toggle checked={start.by_itself ?? false} onChange={(by_itself) => set({ by_itself })}>
        {t("field.by_itself")}
      </Toggle>
      {wrong("start.by_itself") ? <div className="qf-wrong">{wrong("start.by_itself")}</div> : null}
      <Field label={t("field.key_fixed")} htmlFor="qp-key">
        <Input id="qp-key" className="qf-mono" value={doc.procedure} disabled />
      </Field>
    </div>
  );
}
