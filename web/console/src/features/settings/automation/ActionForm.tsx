import { Input, Select, Space } from "antd";
import { useT } from "@/app/i18n";
import { Field, Grid } from "../kit";
import {
  AssignForm,
  CreateForm,
  FieldForm,
  MoveForm,
  NotifyForm,
  PriorityForm,
  TypeSelect,
} from "./ActionParts";
import { TextsInput } from "./TextsInput";
import { ClockPart, MinutesInput } from "./TriggerEditor";
import type { Action, Catalogue, Subject, Texts } from "./types";

interface Props {
  action: Action;
  subject: Subject;
  catalogue: Catalogue;
  id: string;
  onChange: (action: Action) => void;
}

/** The particulars of one action. */
export function ActionForm({ action, subject, catalogue, id, onChange }: Props) {
  const t = useT("settings/automation");
  const set = (change: Record<string, unknown>) => onChange({ ...action, ...change });
  const text = (key: string) => (action[key] as string | null | undefined) ?? "";
  switch (action.do) {
    case "set_priority":
      return <PriorityForm action={action} set={set} />;
    case "tags":
      return (
        <Grid>
          {(["add", "remove"] as const).map((side) => (
            <Field key={side} label={t(`form.tags_${side}`)} htmlFor={`${id}-${side}`}>
              <Select
                id={`${id}-${side}`}
                mode="tags"
                tokenSeparators={[",", "，"]}
                value={(action[side] as string[]) ?? []}
                onChange={(tags) => set({ [side]: tags })}
              />
            </Field>
          ))}
        </Grid>
      );
    case "assign":
      return <AssignForm action={action} subject={subject} set={set} id={id} />;
    case "move":
      return <MoveForm action={action} subject={subject} set={set} id={id} />;
    case "comment":
      return (
        <>
          <Field label={t("form.who")} htmlFor={`${id}-public`}>
            <Select
              id={`${id}-public`}
              value={action.public ? "public" : "private"}
              onChange={(value) => set({ public: value === "public" })}
              options={["public", "private"].map((value) => ({ value, label: t(`form.${value}`) }))}
            />
          </Field>
          <TextsInput
            id={id}
            label={t("form.text")}
            value={action.text as Texts}
            catalogue={catalogue}
            onChange={(value) => set({ text: value })}
          />
        </>
      );
    case "notify":
      return <NotifyForm action={action} subject={subject} catalogue={catalogue} set={set} id={id} />;
    case "set_field":
      return <FieldForm action={action} catalogue={catalogue} set={set} id={id} />;
    case "set_due": {
      const minutes = action.minutes as number | null;
      return (
        <>
          <Field label={t("form.due")}>
            <Space wrap>
              <Select
                value={minutes === null ? "none" : "in"}
                aria-label={t("form.due")}
                onChange={(value) => set({ minutes: value === "none" ? null : 60 })}
                options={["in", "none"].map((value) => ({ value, label: t(`form.due_${value}`) }))}
              />
              {minutes !== null && (
                <MinutesInput
                  label={t("form.due")}
                  value={minutes}
                  onChange={(next) => set({ minutes: next })}
                />
              )}
            </Space>
          </Field>
          {minutes !== null && (
            <ClockPart
              clock={(action.clock as "wall" | "business") ?? "wall"}
              calendar={(action.calendar_id as string | null) ?? null}
              onChange={set}
            />
          )}
        </>
      );
    }
    case "set_type":
      return (
        <Field label={t("form.type")} htmlFor={`${id}-type`}>
          <TypeSelect
            id={`${id}-type`}
            catalogue={catalogue}
            value={text("type_key")}
            onChange={(type_key) => set({ type_key })}
          />
        </Field>
      );
    case "escalate":
      return (
        <Grid>
          <Field label={t("form.tier")} htmlFor={`${id}-tier`}>
            <Select
              id={`${id}-tier`}
              value={(action.tier as number | null) ?? 0}
              onChange={(tier) => set({ tier: tier || null })}
              options={[0, 2, 3].map((value) => ({
                value,
                label: value ? `L${value}` : t("form.tier_next"),
              }))}
            />
          </Field>
          <Field label={t("form.reason")} htmlFor={`${id}-reason`} required>
            <Input
              id={`${id}-reason`}
              maxLength={300}
              value={text("reason")}
              onChange={(event) => set({ reason: event.target.value })}
            />
          </Field>
        </Grid>
      );
    case "mail":
      return (
        <>
          <Grid>
            <Field label={t("form.to")} htmlFor={`${id}-to`} help={t("form.mailHelp")}>
              <Select
                id={`${id}-to`}
                value={text("to")}
                onChange={(to) => set({ to })}
                options={["customer", "assignee", "address"].map((value) => ({
                  value,
                  label: t(`form.to_${value}`),
                  disabled: subject === "none" && value !== "address",
                }))}
              />
            </Field>
            {action.to === "address" && (
              <Field label={t("form.address")} htmlFor={`${id}-address`} required>
                <Input
                  id={`${id}-address`}
                  type="email"
                  value={text("address")}
                  onChange={(event) => set({ address: event.target.value })}
                />
              </Field>
            )}
          </Grid>
          <TextsInput
            id={`${id}-title`}
            label={t("form.mailTitle")}
            short
            value={action.title as Texts}
            catalogue={catalogue}
            onChange={(title) => set({ title })}
          />
          <TextsInput
            id={id}
            label={t("form.text")}
            value={action.text as Texts}
            catalogue={catalogue}
            onChange={(value) => set({ text: value })}
          />
        </>
      );
    case "webhook":
      return (
        <Field label={t("form.url")} htmlFor={`${id}-url`} help={t("form.urlHelp")} required>
          <Input
            id={`${id}-url`}
            type="url"
            value={text("url")}
            onChange={(event) => set({ url: event.target.value })}
          />
        </Field>
      );
    case "create_ticket":
      return <CreateForm action={action} subject={subject} catalogue={catalogue} set={set} id={id} />;
    case "start_procedure":
      return (
        <Field label={t("form.procedure")} htmlFor={`${id}-procedure`} required>
          <Select
            id={`${id}-procedure`}
            value={text("procedure_key") || undefined}
            onChange={(procedure_key) => set({ procedure_key })}
            options={catalogue.procedures.map((one) => ({ value: one.key, label: one.name }))}
          />
        </Field>
      );
    case "ask_bot":
      return (
        <Field label={t("form.botAnswer")} htmlFor={`${id}-reply`} help={t("form.botHelp")}>
          <Select
            id={`${id}-reply`}
            value={action.reply ? "reply" : "note"}
            onChange={(value) => set({ reply: value === "reply" })}
            options={["note", "reply"].map((value) => ({ value, label: t(`form.bot_${value}`) }))}
          />
        </Field>
      );
    default:
      return null;
  }
}
