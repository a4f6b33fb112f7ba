import { Checkbox, Input, InputNumber, Radio, Segmented, Select, Space } from "antd";
import { useLocale, useT } from "@/app/i18n";
import { Field, Grid, useRows } from "../kit";
import { ANCHORS, asUnit, STATUSES, startingTrigger, UNIT_MINUTES } from "./model";
import type {
  Catalogue,
  EventTrigger,
  FactView,
  RuleBody,
  ScheduleTrigger,
  TimeTrigger,
  Trigger,
} from "./types";

interface Props {
  rule: RuleBody;
  catalogue: Catalogue;
  onChange: (change: Partial<RuleBody>) => void;
  problem: (field: string) => string | undefined;
}

/** When a rule looks: something happens, some time after a moment, or by the calendar. */
export function TriggerEditor({ rule, catalogue, onChange, problem }: Props) {
  const t = useT("settings/automation");
  const { trigger } = rule;
  const set = (next: Trigger) => onChange({ trigger: next });
  const setSubject = (subject: RuleBody["subject"]) => {
    const kind = subject === "none" ? "schedule" : trigger.kind;
    onChange({
      subject,
      trigger: kind === "schedule" && trigger.kind === "schedule" ? trigger : startingTrigger(kind, subject),
      condition: null,
      actions: rule.actions.filter((action) => catalogue.actions[subject]?.includes(action.do)),
    });
  };
  return (
    <>
      <Field label={t("when.subject")} problem={problem("subject")}>
        <Segmented
          value={rule.subject}
          onChange={(value) => setSubject(value as RuleBody["subject"])}
          options={(["ticket", "conversation", "none"] as const).map((value) => ({
            value,
            label: t(`subject.${value}`),
          }))}
        />
      </Field>
      <Field label={t("when.kind")}>
        <Radio.Group
          value={trigger.kind}
          onChange={(event) => set(startingTrigger(event.target.value, rule.subject))}
          options={(["event", "time", "schedule"] as const).map((value) => ({
            value,
            label: t(`when.${value}`),
            disabled: rule.subject === "none" && value !== "schedule",
          }))}
        />
      </Field>
      {trigger.kind === "event" && (
        <EventPart trigger={trigger} rule={rule} catalogue={catalogue} set={set} problem={problem} />
      )}
      {trigger.kind === "time" && <TimePart trigger={trigger} rule={rule} set={set} problem={problem} />}
      {trigger.kind === "schedule" && <SchedulePart trigger={trigger} set={set} problem={problem} />}
    </>
  );
}

function EventPart(props: {
  trigger: EventTrigger;
  rule: RuleBody;
  catalogue: Catalogue;
  set: (trigger: Trigger) => void;
  problem: Props["problem"];
}) {
  const t = useT("settings/automation");
  const { trigger, rule, catalogue, set } = props;
  const events = catalogue.events[rule.subject] ?? [];
  const narrows = events.find((event) => event.key === trigger.event)?.narrows ?? [];
  const facts = catalogue.facts[rule.subject] ?? [];
  const fields = facts
    .filter((fact) => /^ticket\.(title|priority|tags|fields\..+)$/.test(fact.path))
    .map((fact) => ({ value: fact.path.replace(/^ticket\./, "").replace(/_minor$/, ""), label: fact.label }));
  const values = valuesOf(trigger, rule, facts, (status) => t(`status.${status}`));
  return (
    <>
      <Field label={t("when.happens")} htmlFor="rule-event" problem={props.problem("trigger.event")}>
        <Select
          id="rule-event"
          showSearch={{ optionFilterProp: "label" }}
          value={trigger.event}
          onChange={(event) => set({ ...startingTrigger("event", rule.subject), event } as EventTrigger)}
          options={events.map((event) => ({ value: event.key, label: event.label }))}
        />
      </Field>
      {narrows.includes("field") && (
        <Field label={t("when.field")} htmlFor="rule-field" problem={props.problem("trigger.field")}>
          <Select
            id="rule-field"
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            placeholder={t("when.anyField")}
            value={trigger.field ?? undefined}
            onChange={(field) => set({ ...trigger, field: field ?? null, before: [], after: [] })}
            options={fields}
          />
        </Field>
      )}
      {(narrows.includes("before") || narrows.includes("after")) &&
        (!narrows.includes("field") || trigger.field) && (
          <Grid>
            {(["before", "after"] as const)
              .filter((side) => narrows.includes(side))
              .map((side) => (
                <Field key={side} label={t(`when.${side}`)} htmlFor={`rule-${side}`}>
                  <Select
                    id={`rule-${side}`}
                    mode={values ? "multiple" : "tags"}
                    placeholder={t("when.anyValue")}
                    value={(trigger[side] ?? []) as (string | number)[]}
                    onChange={(chosen) => set({ ...trigger, [side]: chosen })}
                    options={values ?? []}
                  />
                </Field>
              ))}
          </Grid>
        )}
      <Grid>
        {narrows.includes("by") && (
          <Field label={t("when.by")} htmlFor="rule-by">
            <Select
              id="rule-by"
              mode="multiple"
              placeholder={t("when.anybody")}
              value={trigger.by ?? []}
              onChange={(by) => set({ ...trigger, by })}
              options={["customer", "user", "bot", "system"].map((value) => ({
                value,
                label: t(`by.${value}`),
              }))}
            />
          </Field>
        )}
        {narrows.includes("public") && (
          <Field label={t("when.public")} htmlFor="rule-public">
            <Select
              id="rule-public"
              value={trigger.public === true ? "yes" : trigger.public === false ? "no" : "any"}
              onChange={(value) => set({ ...trigger, public: value === "any" ? null : value === "yes" })}
              options={["any", "yes", "no"].map((value) => ({ value, label: t(`when.public_${value}`) }))}
            />
          </Field>
        )}
      </Grid>
    </>
  );
}

function valuesOf(trigger: EventTrigger, rule: RuleBody, facts: FactView[], status: (key: string) => string) {
  if (trigger.event === "ticket.moved")
    return [...STATUSES.ticket, "closed"].map((value) => ({ value, label: status(value) }));
  if (trigger.event === "ticket.rated")
    return [1, 2, 3, 4, 5].map((value) => ({ value, label: "★".repeat(value) }));
  const path = trigger.event.endsWith("priority_changed")
    ? "conversation.priority"
    : `${rule.subject}.${trigger.field}`;
  const options = facts.find((fact) => fact.path === path)?.options;
  return options?.length ? options : undefined;
}

export function MinutesInput(props: {
  id?: string;
  value: number;
  onChange: (minutes: number) => void;
  label: string;
}) {
  const t = useT("settings/automation");
  const { count, unit } = asUnit(props.value);
  return (
    <Space.Compact>
      <InputNumber
        {...(props.id ? { id: props.id } : {})}
        min={1}
        max={unit === "day" ? 365 : 525_600}
        precision={0}
        value={count}
        aria-label={props.label}
        onChange={(next) => next && props.onChange(next * UNIT_MINUTES[unit])}
      />
      <Select
        value={unit}
        aria-label={t("when.unit")}
        style={{ width: 100 }}
        onChange={(next: keyof typeof UNIT_MINUTES) => props.onChange(count * UNIT_MINUTES[next])}
        options={(["minute", "hour", "day"] as const).map((value) => ({ value, label: t(`unit.${value}`) }))}
      />
    </Space.Compact>
  );
}

export function ClockPart(props: {
  clock: "wall" | "business";
  calendar: string | null;
  onChange: (change: { clock: "wall" | "business"; calendar_id: string | null }) => void;
  problem?: string | undefined;
}) {
  const t = useT("settings/automation");
  const calendars = useRows<{ id: string; name: string }>("/calendars");
  return (
    <Grid>
      <Field label={t("when.clock")} htmlFor="rule-clock">
        <Select
          id="rule-clock"
          value={props.clock}
          onChange={(clock) =>
            props.onChange({
              clock,
              calendar_id: clock === "business" ? (props.calendar ?? calendars.rows?.[0]?.id ?? null) : null,
            })
          }
          options={(["wall", "business"] as const).map((value) => ({ value, label: t(`clock.${value}`) }))}
        />
      </Field>
      {props.clock === "business" && (
        <Field label={t("when.calendar")} htmlFor="rule-calendar" problem={props.problem}>
          <Select
            id="rule-calendar"
            value={props.calendar ?? undefined}
            onChange={(calendar_id) => props.onChange({ clock: "business", calendar_id })}
            options={(calendars.rows ?? []).map((one) => ({ value: one.id, label: one.name }))}
          />
        </Field>
      )}
    </Grid>
  );
}

function TimePart(props: {
  trigger: TimeTrigger;
  rule: RuleBody;
  set: (trigger: Trigger) => void;
  problem: Props["problem"];
}) {
  const t = useT("settings/automation");
  const { trigger, set } = props;
  const subject = props.rule.subject === "conversation" ? "conversation" : "ticket";
  return (
    <>
      <Grid>
        <Field label={t("when.minutes")} htmlFor="rule-minutes" problem={props.problem("trigger.minutes")}>
          <MinutesInput
            id="rule-minutes"
            label={t("when.minutes")}
            value={trigger.minutes}
            onChange={(minutes) => set({ ...trigger, minutes })}
          />
        </Field>
        <Field label={t("when.since")} htmlFor="rule-since" problem={props.problem("trigger.since")}>
          <Select
            id="rule-since"
            value={trigger.before ? "before_due" : trigger.since}
            onChange={(value: string) =>
              set({
                ...trigger,
                since: (value === "before_due" ? "due" : value) as TimeTrigger["since"],
                before: value === "before_due",
              })
            }
            options={[...ANCHORS[subject], ...(subject === "ticket" ? ["before_due"] : [])].map((value) => ({
              value,
              label: t(`since.${value}`),
            }))}
          />
        </Field>
      </Grid>
      <ClockPart
        clock={trigger.clock ?? "wall"}
        calendar={trigger.calendar_id ?? null}
        onChange={(change) => set({ ...trigger, ...change })}
        problem={props.problem("trigger.calendar_id")}
      />
      <Field
        label={t("when.statuses")}
        help={t("when.statusesHelp")}
        problem={props.problem("trigger.statuses")}
      >
        <Checkbox.Group
          value={trigger.statuses ?? []}
          onChange={(statuses) => set({ ...trigger, statuses: statuses as string[] })}
          options={STATUSES[subject].map((value) => ({ value, label: t(`status.${value}`) }))}
        />
      </Field>
    </>
  );
}

function SchedulePart(props: {
  trigger: ScheduleTrigger;
  set: (trigger: Trigger) => void;
  problem: Props["problem"];
}) {
  const t = useT("settings/automation");
  const locale = useLocale();
  const { trigger, set } = props;
  const zones = Intl.supportedValuesOf("timeZone");
  return (
    <>
      <Grid columns={3}>
        <Field label={t("when.every")} htmlFor="rule-every">
          <Select
            id="rule-every"
            value={trigger.every}
            onChange={(every) => set({ ...trigger, every })}
            options={(["day", "week", "month"] as const).map((value) => ({
              value,
              label: t(`every.${value}`),
            }))}
          />
        </Field>
        <Field label={t("when.timeOfDay")} htmlFor="rule-time" problem={props.problem("trigger.time")}>
          <Input
            id="rule-time"
            type="time"
            value={trigger.time}
            onChange={(event) => set({ ...trigger, time: event.target.value.slice(0, 5) })}
          />
        </Field>
        <Field label={t("when.timezone")} htmlFor="rule-zone" problem={props.problem("trigger.timezone")}>
          <Select
            id="rule-zone"
            showSearch
            value={trigger.timezone}
            onChange={(timezone) => set({ ...trigger, timezone })}
            options={zones.map((value) => ({ value, label: value }))}
          />
        </Field>
      </Grid>
      {trigger.every === "week" && (
        <Field label={t("when.weekdays")} problem={props.problem("trigger.weekdays")}>
          <Checkbox.Group
            value={trigger.weekdays ?? []}
            onChange={(weekdays) => set({ ...trigger, weekdays: (weekdays as number[]).sort() })}
            options={[1, 2, 3, 4, 5, 6, 7].map((value) => ({
              value,
              label: new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(
                new Date(Date.UTC(2024, 0, value)),
              ),
            }))}
          />
        </Field>
      )}
      {trigger.every === "month" && (
        <Field label={t("when.day")} help={t("when.dayHelp")} htmlFor="rule-day">
          <InputNumber
            id="rule-day"
            min={1}
            max={31}
            precision={0}
            value={trigger.day ?? 1}
            onChange={(day) => set({ ...trigger, day: day ?? 1 })}
          />
        </Field>
      )}
    </>
  );
}
