import { Button, Dropdown, InputNumber, Select } from "antd";
import { Plus, X } from "lucide-react";
import { useT } from "@/app/i18n";
import { useRows } from "../kit";
import type { Department, Role } from "../types";
import { climbed, newStepId, startingAction, stepsOf } from "./model";
import { type Action, KINDS, type Kind, type Step, type Subject, type When } from "./types";

/** Steps before and after a promise is broken, in the order they are climbed. */
export function LadderEditor(props: { subject: Subject; value: Step[]; onChange: (ladder: Step[]) => void }) {
  const { subject, value, onChange } = props;
  const t = useT("settings/sla");
  const departments = useRows<Department>("/departments").rows ?? [];
  const roles = useRows<Role>("/roles").rows ?? [];
  const steps = climbed(value);
  const put = (step: Step) => onChange(value.map((old) => (old.id === step.id ? step : old)));
  const add = (action: Action["do"], at: When["at"]) =>
    onChange([
      ...value,
      {
        id: newStepId(value.map((step) => step.id)),
        when: { at, value: at === "percent" ? 75 : at === "before" ? 30 : 0 },
        kinds: [],
        action: startingAction(action, departments[0]?.id),
      },
    ]);
  const before = steps.filter((step) => step.when.at !== "after");
  const after = steps.filter((step) => step.when.at === "after");
  const list = (items: Step[], label: string) =>
    items.length > 0 && (
      <>
        <h3 className="qsl-sub">{label}</h3>
        <ul className="qsl-steps">
          {items.map((step) => (
            <StepRow
              key={step.id}
              subject={subject}
              step={step}
              departments={departments}
              roles={roles}
              onChange={put}
              onRemove={() => onChange(value.filter((old) => old.id !== step.id))}
            />
          ))}
        </ul>
      </>
    );
  return (
    <div>
      {value.length === 0 && <p className="qk-muted">{t("noSteps")}</p>}
      {list(before, t("beforeBreach"))}
      {list(after, t("afterBreach"))}
      <Dropdown
        trigger={["click"]}
        menu={{
          items: stepsOf(subject).map((kind) => ({
            key: kind,
            label: t(`do.${kind}`),
            onClick: () => add(kind, kind === "notify" ? "percent" : "after"),
          })),
        }}
      >
        <Button type="dashed" icon={<Plus size={14} aria-hidden />}>
          {t("addStep")}
        </Button>
      </Dropdown>
    </div>
  );
}

function StepRow(props: {
  subject: Subject;
  step: Step;
  departments: Department[];
  roles: Role[];
  onChange: (step: Step) => void;
  onRemove: () => void;
}) {
  const t = useT("settings/sla");
  const { step, onChange } = props;
  const { action, when } = step;
  const act = (change: Action) => onChange({ ...step, action: change });
  return (
    <li className="qsl-step">
      <Select<When["at"]>
        aria-label={t("stepWhen")}
        popupMatchSelectWidth={false}
        value={when.at}
        onChange={(at) =>
          onChange({ ...step, when: { at, value: at === "percent" ? 75 : at === "before" ? 30 : 0 } })
        }
        options={(["percent", "before", "after"] as const).map((at) => ({
          value: at,
          label: t(`when.${at}`),
        }))}
      />
      <InputNumber<number>
        className="qsl-number"
        aria-label={t(`when.${when.at}`)}
        min={when.at === "after" ? 0 : 1}
        max={when.at === "percent" ? 99 : 100_000}
        precision={0}
        value={when.value}
        suffix={t(when.at === "percent" ? "percentSign" : "minutesShort")}
        onChange={(next) => next !== null && onChange({ ...step, when: { ...when, value: next } })}
      />
      <Select<Action["do"]>
        aria-label={t("stepDo")}
        popupMatchSelectWidth={false}
        value={action.do}
        onChange={(kind) => act(startingAction(kind, props.departments[0]?.id))}
        options={stepsOf(props.subject).map((kind) => ({
          value: kind,
          label: t(`do.${kind}`),
        }))}
      />
      {action.do === "notify" && (
        <Select
          aria-label={t("stepWhom")}
          popupMatchSelectWidth={false}
          value={action.whom}
          onChange={(whom: typeof action.whom) => act({ ...action, whom })}
          options={(["assignee", "lead", "department"] as const).map((whom) => ({
            value: whom,
            label: t(
              whom === "department" && props.subject === "conversation" ? "whom.queue" : `whom.${whom}`,
            ),
          }))}
        />
      )}
      {action.do === "notify" && action.whom === "lead" && (
        <Select
          aria-label={t("stepRole")}
          popupMatchSelectWidth={false}
          value={action.role}
          onChange={(role: string) => act({ ...action, role })}
          options={props.roles.map((role) => ({ value: role.key ?? role.id, label: role.name }))}
        />
      )}
      {action.do === "reassign" && (
        <Select
          aria-label={t("stepDepartment")}
          style={{ minWidth: 140 }}
          popupMatchSelectWidth={false}
          placeholder={t("stepDepartment")}
          status={action.department_id ? "" : "error"}
          value={action.department_id || null}
          onChange={(department_id: string) => act({ ...action, department_id })}
          options={props.departments.map((one) => ({ value: one.id, label: one.name }))}
        />
      )}
      {action.do === "raise_priority" && (
        <Select
          aria-label={t("stepPriority")}
          popupMatchSelectWidth={false}
          value={action.to ?? 0}
          onChange={(to: number) => act({ ...action, to: to || null })}
          options={[
            { value: 0, label: t("byOne") },
            ...[1, 2, 3].map((to) => ({
              value: to,
              label: t("toPriority", { priority: t(`priority.${to}`) }),
            })),
          ]}
        />
      )}
      <Select<Kind[]>
        className="qsl-kinds"
        mode="multiple"
        maxTagCount="responsive"
        aria-label={t("stepKinds")}
        placeholder={t("everyKind")}
        value={step.kinds}
        onChange={(kinds) => onChange({ ...step, kinds })}
        options={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
      />
      <Button
        type="text"
        icon={<X size={15} aria-hidden />}
        aria-label={t("removeStep", { name: t(`do.${action.do}`) })}
        onClick={props.onRemove}
      />
    </li>
  );
}
