import { Input, Select, Switch } from "antd";
import { useT } from "@/app/i18n";
import { chosen, Field, Grid, useRows } from "../kit";
import type { Calendar, Queue } from "../types";

export interface InboxBasics {
  name: string;
  queue_id: string | null;
  calendar_id: string | null;
  bot_enabled: boolean;
}

/** What every inbox has, whatever its channel: its name, where people wait, when they are there, who answers first. */
export function Basics(props: {
  value: InboxBasics;
  onChange: (change: Partial<InboxBasics>) => void;
  problem: (field: string) => string | undefined;
  isNew: boolean;
  example?: string;
  calendarHelp: string;
}) {
  const t = useT("settings");
  const queues = useRows<Queue>("/queues");
  const calendars = useRows<Calendar>("/calendars");
  const usual = queues.rows?.find((queue) => queue.is_default);
  const { value, onChange, problem } = props;
  return (
    <>
      <Field
        label={t("inboxes.name")}
        htmlFor="inbox-name"
        required
        help={t("inboxes.nameHelp")}
        problem={problem("name")}
      >
        <Input
          id="inbox-name"
          autoFocus={props.isNew}
          maxLength={80}
          placeholder={props.example ?? ""}
          value={value.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
      </Field>
      <Grid>
        <Field
          label={t("inboxes.queue")}
          htmlFor="inbox-queue"
          help={t("inboxes.queueHelp")}
          problem={problem("queue_id")}
        >
          <Select
            id="inbox-queue"
            allowClear
            placeholder={usual ? t("inboxes.usualQueue", { name: usual.name }) : t("inboxes.noQueue")}
            loading={!queues.rows}
            value={chosen(value.queue_id, queues.rows)}
            onChange={(id: string | undefined) => onChange({ queue_id: id ?? null })}
            options={(queues.rows ?? []).map((queue) => ({ value: queue.id, label: queue.name }))}
          />
        </Field>
        <Field
          label={t("inboxes.calendar")}
          htmlFor="inbox-calendar"
          help={props.calendarHelp}
          problem={problem("calendar_id")}
        >
          <Select
            id="inbox-calendar"
            loading={!calendars.rows}
            value={chosen(value.calendar_id ?? "", calendars.rows)}
            onChange={(id) => onChange({ calendar_id: id || null })}
            options={[
              { value: "", label: t("inboxes.calendarQueue") },
              ...(calendars.rows ?? []).map((calendar) => ({ value: calendar.id, label: calendar.name })),
            ]}
          />
        </Field>
      </Grid>
      <Field label={t("inboxes.bot")} help={t(value.bot_enabled ? "inboxes.botOn" : "inboxes.botOff")}>
        <Switch
          checked={value.bot_enabled}
          aria-label={t("inboxes.bot")}
          onChange={(bot_enabled) => onChange({ bot_enabled })}
        />
      </Field>
    </>
  );
}
