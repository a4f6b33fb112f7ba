import { Button, Collapse, Input, InputNumber, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { Field, Grid, Toggle } from "../settings/kit";
import { JsonField, LinesField, WordsField } from "./fields";
import { cleaned, type Fault, type FlowDocument, SLOT_TYPES, type Slot } from "./model";

interface Props {
  flow: FlowDocument;
  faults: Fault[];
  onChange: (flow: FlowDocument) => void;
}

/** What the flow is called, what begins it, and what it finds out. */
export function SlotsPanel({ flow, faults, onChange }: Props) {
  const t = useT("flows");
  const [fresh, setFresh] = useState("");
  const wrong = (field: string) =>
    faults.find((f) => f.step === "" && (f.field === field || f.field.startsWith(`${field}.`)))?.text;
  const slots = flow.slots ?? {};
  const setSlot = (name: string, slot: Slot | null) => {
    const { [name]: _, ...rest } = slots;
    onChange({
      ...flow,
      slots: slot
        ? Object.fromEntries(
            Object.entries({ ...slots, [name]: slot }).map(([key, value]) => [
              key,
              key === name ? slot : value,
            ]),
          )
        : rest,
    });
  };
  const triggers = flow.triggers ?? {};
  const setTriggers = (change: Partial<NonNullable<FlowDocument["triggers"]>>) =>
    onChange({ ...flow, triggers: { ...triggers, ...change } });
  return (
    <div className="qf-panel">
      <h2>{t("about_flow")}</h2>
      <WordsField
        label={t("field.name")}
        value={flow.name}
        problem={wrong("name")}
        onChange={(name) => onChange({ ...flow, name: name ?? flow.name })}
      />
      <WordsField
        label={t("field.description")}
        optional
        value={flow.description}
        problem={wrong("description")}
        onChange={(description) => onChange(cleaned({ ...flow, description }) as FlowDocument)}
      />
      <h3>{t("begins")}</h3>
      <LinesField
        label={`${t("phrases")} · ${t("chinese")}`}
        rows={4}
        value={triggers.phrases?.["zh-CN"]}
        onChange={(lines) => setTriggers({ phrases: { ...triggers.phrases, "zh-CN": lines } })}
      />
      <LinesField
        label={`${t("phrases")} · ${t("english")}`}
        rows={4}
        value={triggers.phrases?.en}
        onChange={(lines) => setTriggers({ phrases: { ...triggers.phrases, en: lines } })}
      />
      <Field label={t("field.start_on")} help={t("field.start_on_help")} htmlFor="qf-start">
        <Select
          id="qf-start"
          mode="tags"
          value={triggers.start_on ?? []}
          onChange={(start_on) => setTriggers({ start_on })}
        />
      </Field>
      <Field label={t("field.offer_on")} help={t("field.offer_on_help")} htmlFor="qf-offer">
        <Select
          id="qf-offer"
          mode="tags"
          value={triggers.offer_on ?? []}
          onChange={(offer_on) => setTriggers({ offer_on })}
        />
      </Field>
      <Field label={t("field.timeout_minutes")} htmlFor="qf-idle" problem={wrong("timeout_minutes")}>
        <InputNumber
          id="qf-idle"
          min={2}
          max={1440}
          value={flow.timeout_minutes ?? 30}
          onChange={(minutes) => onChange({ ...flow, timeout_minutes: minutes ?? 30 })}
        />
      </Field>
      <h3>{t("slots")}</h3>
      <Collapse
        size="small"
        items={Object.entries(slots).map(([name, slot]) => ({
          key: name,
          label: (
            <span className={wrong(`slots.${name}`) ? "qf-wrong" : undefined}>
              <code>{name}</code> · {t(`slot.${slot.type ?? "text"}`)}
            </span>
          ),
          children: (
            <SlotForm
              slot={slot}
              problem={wrong(`slots.${name}`)}
              onChange={(value) => setSlot(name, value)}
              onRemove={() => setSlot(name, null)}
            />
          ),
        }))}
      />
      <form
        className="qf-row"
        onSubmit={(event) => {
          event.preventDefault();
          const name = fresh.trim();
          if (!/^[a-z][a-z0-9_]{0,39}$/.test(name) || slots[name]) return;
          setSlot(name, {
            type: "text",
            label: { "zh-CN": name, en: name },
            ask: { "zh-CN": "……？", en: "…?" },
          });
          setFresh("");
        }}
      >
        <Input
          aria-label={t("new_slot")}
          placeholder={t("new_slot")}
          value={fresh}
          onChange={(event) => setFresh(event.target.value)}
        />
        <Button htmlType="submit" icon={<Plus size={14} aria-hidden />}>
          {t("add")}
        </Button>
      </form>
    </div>
  );
}

function SlotForm(props: {
  slot: Slot;
  problem?: string | undefined;
  onChange: (slot: Slot) => void;
  onRemove: () => void;
}) {
  const t = useT("flows");
  const { slot } = props;
  const set = (change: Partial<Slot>) => props.onChange(cleaned({ ...slot, ...change }));
  return (
    <>
      {props.problem ? <p className="qf-wrong">{props.problem}</p> : null}
      <Field label={t("field.type")}>
        <Select
          aria-label={t("field.type")}
          value={slot.type ?? "text"}
          options={SLOT_TYPES.map((value) => ({ value, label: t(`slot.${value}`) }))}
          onChange={(type) => set({ type })}
        />
      </Field>
      <WordsField
        label={t("field.label")}
        value={slot.label}
        onChange={(label) => set({ label: label ?? slot.label })}
      />
      <WordsField label={t("field.ask")} value={slot.ask} onChange={(ask) => set({ ask: ask ?? slot.ask })} />
      <WordsField label={t("field.again")} optional value={slot.again} onChange={(again) => set({ again })} />
      {slot.type === "choice" || slot.type === "order_number" ? (
        <>
          <JsonField
            label={t("field.choices")}
            help={t("field.choices_help")}
            value={slot.choices}
            onChange={(choices) => set({ choices })}
          />
          <JsonField
            label={t("field.choices_from")}
            help={t("field.choices_from_help")}
            value={slot.choices_from}
            onChange={(choices_from) => set({ choices_from })}
          />
        </>
      ) : null}
      {slot.type === "order_number" ? (
        <Field label={t("field.format")} help={t("field.format_help")}>
          <Input
            aria-label={t("field.format")}
            className="qf-mono"
            value={slot.format ?? ""}
            onChange={(event) => set({ format: event.target.value })}
          />
        </Field>
      ) : null}
      {["number", "amount", "date", "text", "address"].includes(slot.type ?? "text") ? (
        <Grid>
          <Field label={t("field.min")}>
            <InputNumber
              aria-label={t("field.min")}
              value={slot.min ?? null}
              onChange={(min) => set({ min: min ?? undefined })}
            />
          </Field>
          <Field label={t("field.max")}>
            <InputNumber
              aria-label={t("field.max")}
              value={slot.max ?? null}
              onChange={(max) => set({ max: max ?? undefined })}
            />
          </Field>
        </Grid>
      ) : null}
      <div className="qf-toggles">
        <Toggle checked={slot.optional ?? false} onChange={(on) => set({ optional: on || undefined })}>
          {t("field.optional")}
        </Toggle>
        <Toggle checked={slot.personal ?? false} onChange={(on) => set({ personal: on || undefined })}>
          {t("field.personal")}
        </Toggle>
      </div>
      <Button size="small" danger icon={<Trash2 size={14} aria-hidden />} onClick={props.onRemove}>
        {t("remove")}
      </Button>
    </>
  );
}
