import { Button, Input, InputNumber, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useT } from "@/app/i18n";
import { StepField, WordsField } from "../../flows/fields";
import type { Words } from "../../flows/model";
import type { Step } from "../../tickets/sop/types";
import type { FieldSpec } from "../../tickets/types";
import { Field, Toggle } from "../kit";
import { type Condition, ConditionBuilder, type Fact } from "../kit/conditions";
import { DeedForm } from "./DeedForm";
import { deedOf } from "./deeds";
import {
  answerPath,
  askingFor,
  changeStep,
  type Fault,
  type ProcedureDocument,
  readOptions,
  renameStep,
  shownOptions,
  written,
} from "./model";

const KINDS = [
  "text",
  "long_text",
  "number",
  "money",
  "date",
  "yes_no",
  "choice",
  "choices",
  "order",
  "phone",
  "email",
  "file",
] as const;

/** What conditions of a procedure may ask about. */
export function useFacts(doc: ProcedureDocument): Fact[] {
  const t = useT("settings/procedures");
  const given = doc.steps.flatMap((step) => {
    if (step.type === "form")
      return (step.fields ?? []).map((spec) => ({
        path: answerPath(spec.key, spec.kind),
        label: `${t("answer")} ${spec.key}`,
        kind: spec.kind === "number" ? "number" : spec.kind === "money" ? "money" : "text",
      }));
    if (step.type === "check" || step.type === "choice")
      return [
        {
          path: answerPath(step.id, step.value?.kind),
          label: `${t("answer")} ${step.id}`,
          kind:
            step.type === "check" && !step.value
              ? "yes_no"
              : step.value?.kind === "money" || step.value?.kind === "number"
                ? step.value.kind
                : "text",
        },
      ];
    return [];
  });
  return [
    ...given,
    ...[
      "ticket.type",
      "ticket.status",
      "ticket.tags",
      "ticket.channel",
      "customer.level",
      "customer.city",
      "conversation.channel",
    ].map((path) => ({
      path,
      label: t(`fact.${path.replace(".", "_")}`),
      kind: path.endsWith("tags") ? "tags" : "text",
    })),
    { path: "ticket.priority", label: t("fact.ticket_priority"), kind: "number" },
    { path: "order.total_minor", label: t("fact.order_total"), kind: "money" },
  ] as Fact[];
}

interface Props {
  doc: ProcedureDocument;
  step: Step;
  procedures: { value: string; label: string }[];
  faults: Fault[];
  onChange: (doc: ProcedureDocument) => void;
  onSelect: (id: string) => void;
  onRemove: () => void;
}

/** Everything a step says, with what is wrong with it beside the field. */
export function StepForm({ doc, step, procedures, faults, onChange, onSelect, onRemove }: Props) {
  const t = useT("settings/procedures");
  const kinds = useT("tickets/sop");
  const facts = useFacts(doc);
  const set = (change: Partial<Step>) => onChange(changeStep(doc, step.id, change));
  const wrong = (field: string) =>
    faults.find((f) => f.step === step.id && (f.field === field || f.field.startsWith(`${field}.`)))?.text;
  const others = doc.steps.map((one) => one.id).filter((id) => id !== step.id);
  const words = (name: "title" | "text" | "say" | "label" | "search", rows = 2, optional = false) => (
    <WordsField
      label={t(`field.${name}`)}
      rows={rows}
      optional={optional}
      value={step[name] as Words | undefined}
      problem={wrong(name)}
      {...(name === "say" ? { help: t("field.say_help") } : {})}
      onChange={(value) => set({ [name]: written(value) })}
    />
  );
  const passes = !["branch", "procedure", "end"].includes(step.type);
  return (
    <div className="qf-panel" key={step.id}>
      <h2>{kinds(`type.${step.type}`, { defaultValue: step.type })}</h2>
      <p className="qf-hint">{t(`what.${step.type}`)}</p>
      <Name
        key={step.id}
        id={step.id}
        problem={wrong("id")}
        onRename={(to) => {
          const renamed = renameStep(doc, step.id, to);
          if (renamed !== doc) {
            onChange(renamed);
            onSelect(to);
          }
        }}
      />
      {passes ? words("title", 1, true) : null}
      {passes ? words("text") : null}
      {step.type === "script" ? words("say", 3) : null}
      {step.type === "read" ? words("search", 1, true) : null}
      {step.type === "read" ? (
        <Field label={t("field.url")} htmlFor="qp-url" problem={wrong("url")}>
          <Input id="qp-url" value={step.url ?? ""} onChange={(e) => set({ url: e.target.value })} />
        </Field>
      ) : null}
      {step.type === "check" ? (
        <>
          {step.value ? null : (
            <Toggle
              checked={step.expect !== false}
              onChange={(yes) => set({ expect: yes ? undefined : false } as Partial<Step>)}
            >
              {t("field.expect")}
            </Toggle>
          )}
          <Toggle
            checked={!!step.value}
            onChange={(on) =>
              set(
                (on
                  ? {
                      value: { key: step.id, kind: "number", label: { "zh-CN": "数值", en: "Value" } },
                      passes: { fact: `answers.${step.id}`, op: "at_least", value: 1 },
                    }
                  : { value: undefined, passes: undefined }) as Partial<Step>,
              )
            }
          >
            {t("field.value")}
          </Toggle>
          {step.value ? (
            <>
              <Fields
                fields={[step.value]}
                problem={wrong("value")}
                onChange={([value]) => value && set({ value, passes: askingFor(step, value) })}
                single
              />
              <Field label={t("field.passes")} problem={wrong("passes")}>
                <ConditionBuilder
                  facts={[
                    {
                      path: answerPath(step.id, step.value.kind),
                      label: t("this_answer"),
                      kind: ["number", "money"].includes(step.value.kind) ? step.value.kind : "text",
                    } as Fact,
                    ...facts,
                  ]}
                  value={step.passes as Condition}
                  onChange={(value) => set({ passes: value })}
                />
              </Field>
            </>
          ) : null}
          <StepField
            label={t("field.failed")}
            none={t("field.following")}
            value={step.failed}
            steps={others}
            problem={wrong("failed")}
            onChange={(failed) => set({ failed } as Partial<Step>)}
          />
        </>
      ) : null}
      {step.type === "choice" ? (
        <Options step={step} others={others} problem={wrong("options")} set={set} />
      ) : null}
      {step.type === "form" ? (
        <Fields fields={step.fields ?? []} problem={wrong("fields")} onChange={(fields) => set({ fields })} />
      ) : null}
      {step.type === "evidence" ? (
        <>
          <Field label={t("field.accept")} htmlFor="qp-accept" problem={wrong("accept")}>
            <Select
              id="qp-accept"
              mode="multiple"
              value={step.accept ?? ["file", "image"]}
              options={(["file", "image", "text", "link"] as const).map((value) => ({
                value,
                label: t(`accept.${value}`),
              }))}
              onChange={(accept) => set({ accept: accept as NonNullable<Step["accept"]> })}
            />
          </Field>
          <Field label={t("field.at_least_n")} htmlFor="qp-least" problem={wrong("at_least")}>
            <InputNumber
              id="qp-least"
              min={1}
              max={20}
              value={step.at_least ?? 1}
              onChange={(n) => set({ at_least: n ?? 1 })}
            />
          </Field>
        </>
      ) : null}
      {step.type === "timer" ? (
        <div className="qf-row">
          {(["at_least", "at_most"] as const).map((name) => (
            <Field key={name} label={t(`field.${name}`)} htmlFor={`qp-${name}`} problem={wrong(name)}>
              <InputNumber
                id={`qp-${name}`}
                min={0}
                value={step[name] ?? null}
                onChange={(n) => set({ [name]: n || undefined } as Partial<Step>)}
              />
            </Field>
          ))}
        </div>
      ) : null}
      {step.type === "action" ? (
        <DeedForm
          key={`${step.id}-action`}
          deed={deedOf(step.action)}
          types={doc.start?.ticket_types ?? []}
          problem={wrong}
          onChange={(action) => set({ action })}
        />
      ) : null}
      {step.type === "branch" ? (
        <Field label={t("field.cases")} problem={wrong("cases")}>
          {(step.cases ?? []).map((one, i) => (
            <fieldset key={i} className="qf-cases">
              <ConditionBuilder
                facts={facts}
                value={one.when as Condition}
                onChange={(when) =>
                  set({ cases: step.cases!.map((c, at) => (at === i ? { ...c, when } : c)) })
                }
              />
              <div className="qf-row">
                <Select
                  aria-label={t("field.to")}
                  value={one.next}
                  options={others.map((value) => ({ value, label: value }))}
                  onChange={(next) =>
                    set({ cases: step.cases!.map((c, at) => (at === i ? { ...c, next } : c)) })
                  }
                />
                <Button
                  aria-label={t("remove")}
                  icon={<Trash2 size={14} aria-hidden />}
                  disabled={step.cases!.length < 2}
                  onClick={() => set({ cases: step.cases!.filter((_, at) => at !== i) })}
                />
              </div>
            </fieldset>
          ))}
          <Button
            size="small"
            icon={<Plus size={14} aria-hidden />}
            onClick={() =>
              set({
                cases: [
                  ...(step.cases ?? []),
                  { when: { match: "all", conditions: [] }, next: others[0] ?? step.id },
                ],
              })
            }
          >
            {t("add_case")}
          </Button>
        </Field>
      ) : null}
      {step.type === "procedure" ? (
        <Field label={t("field.procedure")} htmlFor="qp-sub" problem={wrong("procedure")}>
          <Select
            id="qp-sub"
            value={step.procedure || null}
            options={procedures}
            onChange={(procedure: string) => set({ procedure })}
          />
        </Field>
      ) : null}
      {step.type === "end" ? (
        <>
          {words("label", 1)}
          <Field label={t("field.outcome")} htmlFor="qp-outcome" problem={wrong("outcome")}>
            <Input
              id="qp-outcome"
              value={step.outcome ?? ""}
              onChange={(e) => set({ outcome: e.target.value })}
            />
          </Field>
          <Toggle
            checked={step.good !== false}
            onChange={(good) => set({ good: good ? undefined : false } as Partial<Step>)}
          >
            {t("field.good")}
          </Toggle>
        </>
      ) : (
        <StepField
          label={t(step.type === "branch" ? "field.otherwise" : "field.next")}
          none={t("field.following")}
          value={step.next}
          steps={others}
          problem={wrong("next")}
          onChange={(next) => set({ next } as Partial<Step>)}
        />
      )}
      {passes ? (
        <Toggle
          checked={step.optional ?? false}
          onChange={(on) => set({ optional: on || undefined } as Partial<Step>)}
        >
          {t("field.optional")}
        </Toggle>
      ) : null}
      <Field label={t("field.note")} htmlFor="qp-note">
        <Input.TextArea
          id="qp-note"
          autoSize={{ minRows: 1, maxRows: 4 }}
          value={step.note ?? ""}
          onChange={(event) => set({ note: event.target.value })}
        />
      </Field>
      <Button
        danger
        icon={<Trash2 size={14} aria-hidden />}
        disabled={doc.steps.length < 2}
        onClick={onRemove}
      >
        {t("remove_step")}
      </Button>
    </div>
  );
}

function Name(props: { id: string; problem: string | undefined; onRename: (to: string) => void }) {
  const t = useT("settings/procedures");
  const [text, setText] = useState(props.id);
  useEffect(() => setText(props.id), [props.id]);
  const good = /^[a-z][a-z0-9_]{0,39}$/.test(text);
  return (
    <Field label={t("field.id")} htmlFor="qp-id" problem={good ? props.problem : t("field.id_help")}>
      <Input
        id="qp-id"
        className="qf-mono"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => good && props.onRename(text)}
        onPressEnter={() => good && props.onRename(text)}
      />
    </Field>
  );
}

function Options(props: {
  step: Step;
  others: string[];
  problem: string | undefined;
  set: (change: Partial<Step>) => void;
}) {
  const t = useT("settings/procedures");
  const options = props.step.options ?? [];
  return (
    <Field
      label={t("field.options")}
      help={t("field.options_help")}
      problem={props.problem}
      htmlFor="qp-options"
    >
      <Input.TextArea
        key={props.step.id}
        id="qp-options"
        autoSize={{ minRows: 2, maxRows: 10 }}
        defaultValue={shownOptions(options)}
        onChange={(event) => props.set({ options: readOptions(event.target.value, options) })}
      />
      {options.map((option, i) => (
        <div key={option.key} className="qf-row">
          <code>{option.key}</code>
          <Select
            aria-label={`${option.key} ${t("field.to")}`}
            size="small"
            value={option.next ?? ""}
            options={[
              { value: "", label: t("field.following") },
              ...props.others.map((value) => ({ value, label: value })),
            ]}
            onChange={(next) =>
              props.set({
                options: options.map((one, at) => {
                  const { next: _, ...rest } = one;
                  return at === i ? (next ? { ...one, next } : rest) : one;
                }),
              })
            }
          />
        </div>
      ))}
    </Field>
  );
}

function Fields(props: {
  fields: FieldSpec[];
  problem: string | undefined;
  single?: boolean;
  onChange: (fields: FieldSpec[]) => void;
}) {
  const t = useT("settings/procedures");
  const tickets = useT("tickets");
  const change = (i: number, next: Partial<FieldSpec>) =>
    props.onChange(props.fields.map((one, at) => (at === i ? { ...one, ...next } : one)));
  return (
    <Field label={t(props.single ? "field.what" : "field.fields")} problem={props.problem}>
      {props.fields.map((spec, i) => (
        <fieldset key={i} className="qf-cases">
          <div className="qf-row">
            <Input
              aria-label={t("field.key")}
              className="qf-mono"
              size="small"
              value={spec.key}
              disabled={props.single ?? false}
              onChange={(event) => change(i, { key: event.target.value })}
            />
            <Select
              aria-label={t("field.kind")}
              size="small"
              value={spec.kind}
              options={KINDS.map((value) => ({
                value,
                label: t(`kind.${value}`, { defaultValue: tickets(value) }),
              }))}
              onChange={(kind) => change(i, { kind })}
            />
            {props.single ? null : (
              <Button
                size="small"
                aria-label={t("remove")}
                icon={<Trash2 size={13} aria-hidden />}
                disabled={props.fields.length < 2}
                onClick={() => props.onChange(props.fields.filter((_, at) => at !== i))}
              />
            )}
          </div>
          <div className="qf-row">
            {(["zh-CN", "en"] as const).map((locale) => (
              <Input
                key={locale}
                size="small"
                aria-label={`${t("field.label")} ${locale}`}
                placeholder={locale}
                value={spec.label[locale] ?? ""}
                onChange={(event) => change(i, { label: { ...spec.label, [locale]: event.target.value } })}
              />
            ))}
          </div>
          {spec.kind === "choice" || spec.kind === "choices" ? (
            <Input.TextArea
              aria-label={t("field.options")}
              autoSize={{ minRows: 2, maxRows: 8 }}
              placeholder={t("field.options_help")}
              defaultValue={shownOptions(spec.options)}
              onChange={(event) => change(i, { options: readOptions(event.target.value, spec.options) })}
            />
          ) : null}
          {props.single ? null : (
            <Toggle checked={spec.required ?? false} onChange={(required) => change(i, { required })}>
              {t("field.required")}
            </Toggle>
          )}
        </fieldset>
      ))}
      {props.single ? null : (
        <Button
          size="small"
          icon={<Plus size={14} aria-hidden />}
          onClick={() =>
            props.onChange([
              ...props.fields,
              {
                key: `field_${props.fields.length + 1}`,
                kind: "text",
                label: { "zh-CN": "内容", en: "Value" },
              },
            ])
          }
        >
          {t("add_field")}
        </Button>
      )}
    </Field>
  );
}
