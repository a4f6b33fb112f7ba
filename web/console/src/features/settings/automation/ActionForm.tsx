import { Button, Checkbox, Input, InputNumber, Select, Space, Tabs } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useRef } from "react";
import { useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { Field, Grid, useRows } from "../kit";
import { ClockPart, MinutesInput } from "./TriggerEditor";
import type { Action, Catalogue, LocaleName, Subject, Texts } from "./types";

interface Props {
  action: Action;
  subject: Subject;
  catalogue: Catalogue;
  id: string;
  onChange: (action: Action) => void;
}

interface Named {
  id: string;
  name: string;
}

const named = (rows: Named[] | undefined) => (rows ?? []).map((row) => ({ value: row.id, label: row.name }));

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
    default:
      return null;
  }
}

type Part = { action: Action; set: (change: Record<string, unknown>) => void };

function PriorityForm({ action, set }: Part) {
  const t = useT("settings/automation");
  const by = action.to === null || action.to === undefined;
  return (
    <Space wrap className="qk-gap">
      <Select
        aria-label={t("form.priorityHow")}
        value={by ? "by" : "to"}
        onChange={(value) => set(value === "to" ? { to: 2, by: 0 } : { to: null, by: 1 })}
        options={["to", "by"].map((value) => ({ value, label: t(`form.priority_${value}`) }))}
      />
      {by ? (
        <Select
          aria-label={t("form.steps")}
          value={(action.by as number) ?? 1}
          onChange={(value) => set({ by: value })}
          options={[1, 2, 3, -1, -2].map((value) => ({
            value,
            label: value > 0 ? t("form.up", { count: value }) : t("form.down", { count: -value }),
          }))}
        />
      ) : (
        <Select
          aria-label={t("do.set_priority")}
          value={action.to as number}
          onChange={(to) => set({ to })}
          options={[0, 1, 2, 3].map((value) => ({ value, label: t(`priority.${value}`) }))}
        />
      )}
    </Space>
  );
}

function useDirectory() {
  const people = useGet<{ id: string; name: string }[]>("/directory");
  return named(people.data);
}

const SEARCH = { optionFilterProp: "label" } as const;

function AssignForm({ action, set, subject, id }: Part & { subject: Subject; id: string }) {
  const t = useT("settings/automation");
  const people = useDirectory();
  const departments = useRows<Named>("/departments");
  const mayQueues = useCan("conversations.handle");
  const queues = useRows<Named>("/queues", undefined, subject === "conversation" && mayQueues);
  const ways =
    subject === "conversation"
      ? ["queue", "person", "bot"]
      : ["department", "least_loaded", "person", "nobody"];
  const to = action.to as string;
  return (
    <Grid>
      <Field label={t("form.assignTo")} htmlFor={`${id}-to`}>
        <Select
          id={`${id}-to`}
          value={to}
          onChange={(value) => set({ to: value, user_id: null, department_id: null, queue_id: null })}
          options={ways.map((value) => ({ value, label: t(`form.assign_${value}`) }))}
        />
      </Field>
      {to === "person" && (
        <Field label={t("form.person")} htmlFor={`${id}-person`} required>
          <Select
            id={`${id}-person`}
            showSearch={SEARCH}
            value={(action.user_id as string) ?? undefined}
            onChange={(user_id) => set({ user_id })}
            options={people}
          />
        </Field>
      )}
      {(to === "department" || to === "least_loaded") && (
        <Field label={t("form.department")} htmlFor={`${id}-department`} required={to === "department"}>
          <Select
            id={`${id}-department`}
            showSearch={SEARCH}
            allowClear={to === "least_loaded"}
            placeholder={to === "least_loaded" ? t("form.ownDepartment") : undefined}
            value={(action.department_id as string) ?? undefined}
            onChange={(department_id) => set({ department_id: department_id ?? null })}
            options={named(departments.rows)}
          />
        </Field>
      )}
      {to === "queue" && (
        <Field label={t("form.queue")} htmlFor={`${id}-queue`} required>
          <Select
            id={`${id}-queue`}
            value={(action.queue_id as string) ?? undefined}
            onChange={(queue_id) => set({ queue_id })}
            options={named(queues.rows)}
          />
        </Field>
      )}
    </Grid>
  );
}

function MoveForm({ action, set, subject, id }: Part & { subject: Subject; id: string }) {
  const t = useT("settings/automation");
  const statuses =
    subject === "conversation" ? ["resolved", "closed"] : ["open", "pending", "on_hold", "solved", "closed"];
  const byTransition = action.transition !== null && action.transition !== undefined;
  return (
    <Grid>
      <Field label={t("form.moveTo")} htmlFor={`${id}-status`}>
        <Select
          id={`${id}-status`}
          value={byTransition ? "transition" : (action.status as string)}
          onChange={(value) =>
            set(
              value === "transition" ? { transition: "", status: null } : { status: value, transition: null },
            )
          }
          options={[
            ...statuses.map((value) => ({ value, label: t(`status.${value}`) })),
            ...(subject === "ticket" ? [{ value: "transition", label: t("form.byTransition") }] : []),
          ]}
        />
      </Field>
      {byTransition && (
        <Field
          label={t("form.transition")}
          htmlFor={`${id}-transition`}
          help={t("form.transitionHelp")}
          required
        >
          <Input
            id={`${id}-transition`}
            value={action.transition as string}
            onChange={(event) => set({ transition: event.target.value })}
          />
        </Field>
      )}
    </Grid>
  );
}

function NotifyForm({
  action,
  set,
  subject,
  catalogue,
  id,
}: Part & { subject: Subject; catalogue: Catalogue; id: string }) {
  const t = useT("settings/automation");
  const people = useDirectory();
  const departments = useRows<Named>("/departments");
  const marks =
    subject === "ticket"
      ? ["assignee", "watchers", "own_department"]
      : subject === "none"
        ? []
        : ["assignee"];
  const roles = ["supervisor", "admin", "agent", "back_office"];
  return (
    <>
      <Field label={t("form.notifyWho")}>
        {marks.length > 0 && (
          <Checkbox.Group
            className="qk-gap"
            value={marks.filter((mark) => action[mark])}
            onChange={(chosen) =>
              set(Object.fromEntries(marks.map((mark) => [mark, (chosen as string[]).includes(mark)])))
            }
            options={marks.map((value) => ({ value, label: t(`form.who_${value}`) }))}
          />
        )}
        <Grid columns={3}>
          <Select
            mode="multiple"
            aria-label={t("form.people")}
            placeholder={t("form.people")}
            showSearch={SEARCH}
            value={(action.users as string[]) ?? []}
            onChange={(users) => set({ users })}
            options={people}
          />
          <Select
            mode="multiple"
            aria-label={t("form.roles")}
            placeholder={t("form.roles")}
            value={(action.roles as string[]) ?? []}
            onChange={(chosen) => set({ roles: chosen })}
            options={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
          />
          <Select
            mode="multiple"
            aria-label={t("form.departments")}
            placeholder={t("form.departments")}
            value={(action.departments as string[]) ?? []}
            onChange={(chosen) => set({ departments: chosen })}
            options={named(departments.rows)}
          />
        </Grid>
      </Field>
      <TextsInput
        id={id}
        label={t("form.text")}
        value={action.text as Texts}
        catalogue={catalogue}
        onChange={(text) => set({ text })}
      />
    </>
  );
}

function FieldForm({ action, set, catalogue, id }: Part & { catalogue: Catalogue; id: string }) {
  const t = useT("settings/automation");
  const fields = catalogue.variables
    .filter((one) => one.name.startsWith("ticket.fields."))
    .map((one) => ({ value: one.name.replace(/^ticket\./, ""), label: one.label }));
  const value = action.value;
  return (
    <Grid>
      <Field label={t("form.field")} htmlFor={`${id}-field`}>
        <Select
          id={`${id}-field`}
          showSearch={SEARCH}
          value={action.field as string}
          onChange={(field) => set({ field })}
          options={[{ value: "title", label: t("form.title") }, ...fields]}
        />
      </Field>
      <Field
        label={t("form.value")}
        htmlFor={`${id}-value`}
        help={t("form.valueHelp", { open: "{{", close: "}}" })}
      >
        <Input
          id={`${id}-value`}
          value={typeof value === "string" ? value : value === null ? "" : JSON.stringify(value)}
          onChange={(event) => set({ value: parsed(event.target.value) })}
        />
      </Field>
    </Grid>
  );
}

/** Numbers, yes and no, lists and money are written as JSON; anything else is text. */
function parsed(text: string): unknown {
  if (!/^(-?\d+(\.\d+)?|true|false|null|[[{].*[\]}])$/s.test(text.trim())) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function TypeSelect(props: {
  id: string;
  catalogue: Catalogue;
  value: string;
  onChange: (key: string) => void;
}) {
  return (
    <Select
      id={props.id}
      value={props.value || undefined}
      onChange={props.onChange}
      options={props.catalogue.types.map((type) => ({ value: type.key, label: type.name }))}
    />
  );
}

function CreateForm({
  action,
  set,
  subject,
  catalogue,
  id,
}: Part & { subject: Subject; catalogue: Catalogue; id: string }) {
  const t = useT("settings/automation");
  const people = useDirectory();
  const departments = useRows<Named>("/departments");
  return (
    <>
      <Grid>
        <Field label={t("form.type")} htmlFor={`${id}-type`} required>
          <TypeSelect
            id={`${id}-type`}
            catalogue={catalogue}
            value={(action.type_key as string) ?? ""}
            onChange={(type_key) => set({ type_key })}
          />
        </Field>
        <Field label={t("form.priority")} htmlFor={`${id}-priority`}>
          <Select
            id={`${id}-priority`}
            allowClear
            placeholder={t("form.typesOwn")}
            value={(action.priority as number | null) ?? undefined}
            onChange={(priority) => set({ priority: priority ?? null })}
            options={[0, 1, 2, 3].map((value) => ({ value, label: t(`priority.${value}`) }))}
          />
        </Field>
      </Grid>
      <Field label={t("form.title")} htmlFor={`${id}-title`} required>
        <Input
          id={`${id}-title`}
          maxLength={200}
          value={(action.title as string) ?? ""}
          onChange={(event) => set({ title: event.target.value })}
        />
      </Field>
      <Field label={t("form.description")} htmlFor={`${id}-description`}>
        <Input.TextArea
          id={`${id}-description`}
          autoSize={{ minRows: 2, maxRows: 8 }}
          maxLength={4000}
          value={(action.description as string) ?? ""}
          onChange={(event) => set({ description: event.target.value })}
        />
      </Field>
      <Grid columns={3}>
        <Field label={t("form.department")} htmlFor={`${id}-department`}>
          <Select
            id={`${id}-department`}
            allowClear
            placeholder={t("form.typesOwn")}
            value={(action.department_id as string) ?? undefined}
            onChange={(department_id) => set({ department_id: department_id ?? null })}
            options={named(departments.rows)}
          />
        </Field>
        <Field label={t("form.person")} htmlFor={`${id}-assignee`}>
          <Select
            id={`${id}-assignee`}
            allowClear
            showSearch={SEARCH}
            value={(action.assignee_id as string) ?? undefined}
            onChange={(assignee_id) => set({ assignee_id: assignee_id ?? null })}
            options={people}
          />
        </Field>
        <Field label={t("form.dueHours")} htmlFor={`${id}-due`}>
          <InputNumber
            id={`${id}-due`}
            min={1}
            max={8760}
            precision={0}
            value={action.due_minutes ? (action.due_minutes as number) / 60 : null}
            onChange={(hours) => set({ due_minutes: hours ? hours * 60 : null })}
          />
        </Field>
      </Grid>
      {subject === "ticket" && (
        <Checkbox checked={Boolean(action.child)} onChange={(event) => set({ child: event.target.checked })}>
          {t("form.child")}
        </Checkbox>
      )}
    </>
  );
}

const LANGUAGES: { key: LocaleName; name: string }[] = [
  { key: "zh-CN", name: "简体中文" },
  { key: "en", name: "English" },
];

/** The same text in both languages, with buttons for what can be filled in. */
function TextsInput(props: {
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
