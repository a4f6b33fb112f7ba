import { Button, Checkbox, Select, Tooltip } from "antd";
import { Trash2 } from "lucide-react";
import { useT } from "@/app/i18n";
import { Field, Section, Toggle } from "../kit";
import { useEditor, useFacts } from "./context";
import { EffectsEditor } from "./EffectsEditor";
import { patchTransition, wordsIn } from "./model";
import { RolesField, WhenField, WordsField } from "./parts";
import type { Transition, Who } from "./types";

export function TransitionPanel(props: { index: number; onRemove: () => void }) {
  const t = useT("settings/tickettypes");
  const { definition, change, fault, lang } = useEditor();
  const facts = useFacts();
  const transition = definition.workflow.transitions[props.index]!;
  const path = `workflow.transitions.${props.index}`;
  const set = (part: Partial<Transition>) => change((old) => patchTransition(old, props.index, part));
  const states = definition.workflow.states.map((state) => ({
    value: state.key,
    label: wordsIn(state.label, lang) || state.key,
  }));
  return (
    <Section
      title={t("way.title")}
      extra={
        <Tooltip title={t("remove")}>
          <Button
            type="text"
            size="small"
            danger
            icon={<Trash2 size={14} />}
            aria-label={t("remove")}
            onClick={props.onRemove}
          />
        </Tooltip>
      }
    >
      <WordsField
        label={t("way.label")}
        help={t("way.labelHelp")}
        path={`${path}.label`}
        required
        value={transition.label}
        onChange={(label) => set({ label })}
      />
      <Field label={t("way.from")} htmlFor="way-from" required problem={fault(`${path}.from_states`)}>
        <Select
          id="way-from"
          mode="multiple"
          value={transition.from_states}
          onChange={(from_states) => from_states.length && set({ from_states })}
          options={states}
        />
      </Field>
      <Field label={t("way.to")} htmlFor="way-to" required problem={fault(`${path}.to`)}>
        <Select id="way-to" value={transition.to} onChange={(to) => set({ to })} options={states} />
      </Field>
      <Field label={t("way.by")} problem={fault(`${path}.by`)}>
        <Checkbox.Group
          value={transition.by}
          onChange={(by) => by.length && set({ by: by as Who[] })}
          options={(["staff", "assignee", "customer"] as const).map((value) => ({
            value,
            label: t(`who.${value}`),
          }))}
        />
      </Field>
      <RolesField
        label={t("way.roles")}
        placeholder={t("everyone")}
        path={`${path}.roles`}
        value={transition.roles}
        onChange={(roles) => set({ roles })}
      />
      <WhenField
        label={t("way.when")}
        always={t("field.requiredWhen.always")}
        value={transition.when}
        facts={facts}
        path={`${path}.when`}
        onChange={(when) => set({ when })}
      />
      <Field label={t("way.require")} htmlFor="way-require" problem={fault(`${path}.require`)}>
        <Select
          id="way-require"
          mode="multiple"
          placeholder={t("way.requireNone")}
          value={transition.require}
          onChange={(require) => set({ require })}
          options={definition.fields.map((field) => ({
            value: field.key,
            label: wordsIn(field.label, lang) || field.key,
          }))}
        />
      </Field>
      <div className="tt-toggles">
        <Toggle checked={transition.require_comment} onChange={(require_comment) => set({ require_comment })}>
          {t("way.comment")}
        </Toggle>
        <Toggle checked={transition.approval} onChange={(approval) => set({ approval })}>
          {t("way.approval")}
        </Toggle>
        {transition.approval && definition.approval === null && (
          <p className="tt-wrong">{fault(`${path}.approval`) ?? t("way.noRule")}</p>
        )}
      </div>
      <EffectsEditor
        effects={transition.effects}
        path={`${path}.effects`}
        onChange={(effects) => set({ effects })}
      />
    </Section>
  );
}
