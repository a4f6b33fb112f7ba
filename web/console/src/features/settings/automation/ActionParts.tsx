import { Checkbox, Input, InputNumber, Select, Space } from "antd";
import { useGet } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { chosen, Field, Grid, useRows } from "../kit";
import { TextsInput } from "./TextsInput";
import type { Action, Catalogue, Subject, Texts } from "./types";

interface Named {
  id: string;
  name: string;
}

const named = (rows: Named[] | undefined) => (rows ?? []).map((row) => ({ value: row.id, label: row.name }));

type Part = { action: Action; set: (change: Record<string, unknown>) => void };

export function PriorityForm({ action, set }: Part) {
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
  return useGet<{ id: string; name: string }[]>("/directory");
}

const SEARCH = { optionFilterProp: "label" } as const;

export function AssignForm({ action, set, subject, id }: Part & { subject: Subject; id: string }) {
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
            value={chosen(action.user_id as string | undefined, people.data) ?? undefined}
            onChange={(user_id) => set({ user_id })}
            options={named(people.data)}
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
            value={chosen(action.department_id as string | undefined, departments.rows) ?? undefined}
            onChange={(department_id) => set({ department_id: department_id ?? null })}
            options={named(departments.rows)}
          />
        </Field>
      )}
      {to === "queue" && (
        <Field label={t("form.queue")} htmlFor={`${id}-queue`} required>
          <Select
            id={`${id}-queue`}
            value={chosen(action.queue_id as string | undefined, queues.rows) ?? undefined}
            onChange={(queue_id) => set({ queue_id })}
            options={named(queues.rows)}
          />
        </Field>
      )}
    </Grid>
  );
}

export function MoveForm({ action, set, subject, id }: Part & { subject: Subject; id: string }) {
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

export function NotifyForm({
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
            options={named(people.data)}
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

export function FieldForm({ action, set, catalogue, id }: Part & { catalogue: Catalogue; id: string }) {
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

export function TypeSelect(props: {
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

export function CreateForm({
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
            options={named(people.data)}
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
