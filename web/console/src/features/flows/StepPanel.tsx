import { Button, Input, InputNumber, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useT } from "@/app/i18n";
import { Field, Toggle } from "../settings/kit";
import { JsonField, StepField, WordsField } from "./fields";
import {
  type Case,
  changeStep,
  type Fault,
  type FlowDocument,
  namesOf,
  operand,
  renameStep,
  type Step,
  shownOperand,
  TESTS,
  testOf,
} from "./model";
import type { Tool } from "./types";

interface Props {
  flow: FlowDocument;
  step: Step;
  tools: Tool[];
  faults: Fault[];
  onChange: (flow: FlowDocument) => void;
  onSelect: (id: string) => void;
  onRemove: () => void;
}

/** Everything a step says, with what is wrong with it beside the field. */
export function StepPanel({ flow, step, tools, faults, onChange, onSelect, onRemove }: Props) {
  const t = useT("flows");
  const set = (change: Partial<Step>) => onChange(changeStep(flow, step.id, change));
  const wrong = (field: string) =>
    faults.find((f) => f.step === step.id && (f.field === field || f.field.startsWith(`${field}.`)))?.text;
  const others = flow.steps.map((one) => one.id).filter((id) => id !== step.id);
  const slots = Object.keys(flow.slots ?? {}).map((value) => ({ value, label: value }));
  const ends = step.type === "end" || step.type === "handoff";
  return (
    <div className="qf-panel" key={step.id}>
      <h2>{t(`type.${step.type}`)}</h2>
      <p className="qf-hint">{t(`what.${step.type}`)}</p>
      <StepName
        key={step.id}
        step={step}
        problem={wrong("id")}
        onRename={(to) => {
          const renamed = renameStep(flow, step.id, to);
          if (renamed !== flow) {
            onChange(renamed);
            onSelect(to);
          }
        }}
      />
      {["say", "confirm", "handoff", "end"].includes(step.type) ? (
        <WordsField
          label={t("field.text")}
          rows={2}
          value={step.text}
          optional={ends}
          problem={wrong("text")}
          help={t("field.text_help", { names: namesOf(flow).join(", ") })}
          onChange={(text) => set({ text })}
        />
      ) : null}
      {step.type === "say" ? (
        <Field label={t("field.card")} htmlFor="qf-card" problem={wrong("card")} help={t("field.card_help")}>
          <Input id="qf-card" value={step.card ?? ""} onChange={(e) => set({ card: e.target.value })} />
        </Field>
      ) : null}
      {step.type === "ask" || step.type === "verify" ? (
        <Field label={t("field.slot")} htmlFor="qf-slot" problem={wrong("slot")}>
          <Select
            id="qf-slot"
            allowClear={step.type === "verify"}
            value={step.slot ?? null}
            options={slots}
            onChange={(slot) => set({ slot: slot ?? undefined })}
          />
        </Field>
      ) : null}
      {step.type === "ask" ? (
        <Toggle checked={step.fresh ?? false} onChange={(fresh) => set({ fresh: fresh || undefined })}>
          {t("field.fresh")}
        </Toggle>
      ) : null}
      {step.type === "confirm" ? (
        <>
          <Field label={t("field.slots")} htmlFor="qf-slots" problem={wrong("slots")}>
            <Select
              id="qf-slots"
              mode="multiple"
              value={step.slots ?? []}
              options={slots}
              onChange={(value) => set({ slots: value })}
            />
          </Field>
          <WordsField label={t("field.yes")} optional value={step.yes} onChange={(yes) => set({ yes })} />
        </>
      ) : null}
      {["ask", "confirm", "verify"].includes(step.type) ? (
        <Field label={t("field.tries")} htmlFor="qf-tries" problem={wrong("tries")}>
          <InputNumber
            id="qf-tries"
            min={1}
            max={step.type === "verify" ? 5 : 10}
            value={step.tries ?? 3}
            onChange={(tries) => set({ tries: tries ?? undefined })}
          />
        </Field>
      ) : null}
      {step.type === "branch" ? (
        <Cases step={step} others={others} names={namesOf(flow)} problem={wrong("cases")} set={set} />
      ) : null}
      {step.type === "tool" ? (
        <ToolFields step={step} others={others} tools={tools} wrong={wrong} set={set} />
      ) : null}
      {step.type === "ask" || step.type === "verify" ? (
        <StepField
          label={t("field.failed")}
          none={t("field.person")}
          value={step.failed}
          steps={others}
          problem={wrong("failed")}
          onChange={(failed) => set({ failed })}
        />
      ) : null}
      {ends ? null : (
        <StepField
          label={t(step.type === "branch" ? "field.otherwise" : "field.next")}
          none={t("field.following")}
          value={step.next}
          steps={others}
          problem={wrong("next")}
          onChange={(next) => set({ next })}
        />
      )}
      <Field label={t("field.note")} htmlFor="qf-note">
        <Input.TextArea
          id="qf-note"
          autoSize={{ minRows: 1, maxRows: 4 }}
          value={step.note ?? ""}
          onChange={(event) => set({ note: event.target.value })}
        />
      </Field>
      <Button
        danger
        icon={<Trash2 size={14} aria-hidden />}
        disabled={flow.steps.length < 2}
        onClick={onRemove}
      >
        {t("remove_step")}
      </Button>
    </div>
  );
}

function StepName(props: { step: Step; problem?: string | undefined; onRename: (to: string) => void }) {
  const t = useT("flows");
  const [text, setText] = useState(props.step.id);
  useEffect(() => setText(props.step.id), [props.step.id]);
  const commit = () => {
    if (/^[a-z][a-z0-9_]{0,39}$/.test(text)) props.onRename(text);
    else setText(props.step.id);
  };
  return (
    <Field label={t("field.id")} htmlFor="qf-id" problem={props.problem} help={t("field.id_help")}>
      <Input
        id="qf-id"
        className="qf-mono"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onPressEnter={commit}
      />
    </Field>
  );
}

function Cases(props: {
  step: Step;
  others: string[];
  names: string[];
  problem?: string | undefined;
  set: (change: Partial<Step>) => void;
}) {
  const t = useT("flows");
  const cases = props.step.cases ?? [];
  const change = (index: number, value: Case | null) =>
    props.set({ cases: cases.flatMap((one, i) => (i === index ? (value ? [value] : []) : [one])) });
  return (
    <fieldset className="qf-cases">
      <legend>{t("field.cases")}</legend>
      {props.problem ? <p className="qf-wrong">{props.problem}</p> : null}
      {cases.map((one, index) => {
        const test = testOf(one.when);
        return (
          <div key={index} className="qf-case">
            {test ? (
              <div className="qf-row">
                <Input
                  aria-label={t("field.value")}
                  className="qf-mono"
                  value={one.when.value ?? ""}
                  onChange={(event) =>
                    change(index, { ...one, when: { ...one.when, value: event.target.value } })
                  }
                />
                <Select
                  aria-label={t("field.test")}
                  value={test.test}
                  options={TESTS.map((value) => ({ value, label: t(`test.${value}`) }))}
                  onChange={(next) =>
                    change(index, {
                      ...one,
                      when: {
                        value: one.when.value ?? "",
                        [next]: operand(next, shownOperand(test.operand)),
                      },
                    })
                  }
                />
                <Input
                  aria-label={t("field.operand")}
                  key={test.test}
                  defaultValue={shownOperand(test.operand)}
                  onChange={(event) =>
                    change(index, {
                      ...one,
                      when: {
                        value: one.when.value ?? "",
                        [test.test]: operand(test.test, event.target.value),
                      },
                    })
                  }
                />
              </div>
            ) : (
              <JsonField
                label={t("field.condition")}
                value={one.when}
                onChange={(when) => change(index, { ...one, when })}
              />
            )}
            <div className="qf-row">
              <Select
                aria-label={t("field.then")}
                showSearch
                value={one.next}
                options={props.others.map((value) => ({ value, label: `→ ${value}` }))}
                onChange={(next) => change(index, { ...one, next })}
              />
              <Button
                type="text"
                aria-label={t("remove")}
                icon={<Trash2 size={14} aria-hidden />}
                disabled={cases.length < 2}
                onClick={() => change(index, null)}
              />
            </div>
          </div>
        );
      })}
      <Button
        size="small"
        icon={<Plus size={14} aria-hidden />}
        onClick={() =>
          props.set({
            cases: [
              ...cases,
              {
                when: { value: props.names[0] ?? "x", present: true },
                next: props.others[0] ?? props.step.id,
              },
            ],
          })
        }
      >
        {t("add_case")}
      </Button>
    </fieldset>
  );
}

function ToolFields(props: {
  step: Step;
  others: string[];
  tools: Tool[];
  wrong: (field: string) => string | undefined;
  set: (change: Partial<Step>) => void;
}) {
  const t = useT("flows");
  const { step, set, wrong } = props;
  const locale = useLocaleWords();
  const spec = props.tools.find((tool) => tool.spec.name === step.tool)?.spec;
  const codes = [
    ...new Set([
      ...(spec?.errors ?? []),
      "not_found",
      "refused",
      "timeout",
      "unavailable",
      "default",
      ...Object.keys(step.on_error ?? {}),
    ]),
  ];
  return (
    <>
      <Field
        label={t("field.tool")}
        htmlFor="qf-tool"
        problem={wrong("tool")}
        help={spec ? spec.description[locale] : undefined}
      >
        <Select
          id="qf-tool"
          showSearch
          value={step.tool ?? null}
          options={props.tools.map((tool) => ({
            value: tool.spec.name,
            label: `${tool.spec.title[locale]} (${tool.spec.name})`,
          }))}
          onChange={(tool) => set({ tool, inputs: {} })}
        />
      </Field>
      {Object.entries(spec?.inputs ?? {}).map(([name, input]) => (
        <Field
          key={name}
          label={input.description?.[locale] ?? name}
          htmlFor={`qf-in-${name}`}
          required={input.required}
          problem={wrong(`inputs.${name}`)}
        >
          <Input
            id={`qf-in-${name}`}
            className="qf-mono"
            placeholder="{{…}}"
            value={step.inputs?.[name] === undefined ? "" : String(step.inputs[name])}
            onChange={(event) => {
              const { [name]: _, ...rest } = step.inputs ?? {};
              set({ inputs: event.target.value ? { ...rest, [name]: event.target.value } : rest });
            }}
          />
        </Field>
      ))}
      <Field label={t("field.save_as")} htmlFor="qf-save" problem={wrong("save_as")}>
        <Input
          id="qf-save"
          className="qf-mono"
          value={step.save_as ?? ""}
          onChange={(event) => set({ save_as: event.target.value })}
        />
      </Field>
      <fieldset className="qf-cases">
        <legend>{t("field.on_error")}</legend>
        {codes.map((code) => (
          <StepField
            key={code}
            label={t(`error.${code}`, { defaultValue: code })}
            none={t("field.person")}
            value={step.on_error?.[code]}
            steps={props.others}
            problem={wrong(`on_error.${code}`)}
            onChange={(target) => {
              const { [code]: _, ...rest } = step.on_error ?? {};
              const next = target ? { ...rest, [code]: target } : rest;
              set({ on_error: Object.keys(next).length ? next : undefined });
            }}
          />
        ))}
      </fieldset>
      <Field label={t("field.timeout_s")} htmlFor="qf-timeout" problem={wrong("timeout_s")}>
        <InputNumber
          id="qf-timeout"
          min={0.5}
          max={20}
          value={step.timeout_s ?? 8}
          onChange={(timeout_s) => set({ timeout_s: timeout_s ?? undefined })}
        />
      </Field>
      <JsonField
        label={t("field.sample")}
        help={t("field.sample_help")}
        value={step.sample}
        onChange={(sample) => set({ sample })}
      />
    </>
  );
}

import { useLocale } from "@/app/i18n";

function useLocaleWords(): "zh-CN" | "en" {
  return useLocale() === "en" ? "en" : "zh-CN";
}
