import { Button, Select, Tooltip } from "antd";
import { Trash2 } from "lucide-react";
import { useT } from "@/app/i18n";
import { Field, Section, Toggle } from "../kit";
import { useEditor } from "./context";
import { patchState, wordsIn } from "./model";
import { WordsField } from "./parts";
import { STATUSES } from "./types";
import type { Chosen } from "./WorkflowCanvas";

export function StatePanel(props: {
  index: number;
  onRemove: () => void;
  onConnect: (to: string) => void;
  onChoose: (chosen: Chosen) => void;
}) {
  const t = useT("settings/tickettypes");
  const { definition, change, fault, inUse, lang } = useEditor();
  const { workflow } = definition;
  const state = workflow.states[props.index]!;
  const path = `workflow.states.${props.index}`;
  const out = workflow.transitions
    .map((way, index) => ({ way, index }))
    .filter(({ way }) => way.from_states.includes(state.key));
  const nameOf = (key: string) => wordsIn(workflow.states.find((one) => one.key === key)?.label, lang) || key;
  return (
    <Section
      title={t("state.title")}
      extra={
        <Tooltip title={t("remove")}>
          <Button
            type="text"
            size="small"
            danger
            disabled={workflow.states.length <= 2}
            icon={<Trash2 size={14} />}
            aria-label={t("remove")}
            onClick={props.onRemove}
          />
        </Tooltip>
      }
    >
      {inUse[state.key] ? <p className="tt-inuse">{t("state.inUse", { count: inUse[state.key] })}</p> : null}
      <WordsField
        key={state.key}
        label={t("state.label")}
        path={`${path}.label`}
        required
        value={state.label}
        onChange={(label) => change((old) => patchState(old, state.key, { label }))}
      />
      <Field
        label={t("state.status")}
        htmlFor="state-status"
        help={t(`statusText.${state.status}`)}
        problem={fault(`${path}.status`)}
      >
        <Select
          id="state-status"
          value={state.status}
          onChange={(status) => change((old) => patchState(old, state.key, { status }))}
          options={STATUSES.map((status) => ({
            value: status,
            label: (
              <span className="tt-option">
                <i className={`tt-dot tt-status-${status}`} aria-hidden /> {t(`status.${status}`)}
              </span>
            ),
          }))}
        />
      </Field>
      <Field label={t("state.start")} problem={fault("workflow.initial")}>
        <Toggle
          checked={workflow.initial === state.key}
          onChange={(on) =>
            on && change((old) => ({ ...old, workflow: { ...old.workflow, initial: state.key } }))
          }
        >
          {t("state.initial")}
        </Toggle>
      </Field>
      <Field label={t("state.out")}>
        {out.length === 0 ? (
          <p className="qk-muted">{t("state.outNone")}</p>
        ) : (
          <ul className="tt-ways">
            {out.map(({ way, index }) => (
              <li key={way.key}>
                <button
                  type="button"
                  className="qk-linkish"
                  onClick={() => props.onChoose({ kind: "transition", index })}
                >
                  {wordsIn(way.label, lang) || way.key} → {nameOf(way.to)}
                </button>
              </li>
            ))}
          </ul>
        )}
        <Select
          size="small"
          style={{ width: "100%" }}
          value={null}
          placeholder={t("state.connect")}
          aria-label={t("state.connect")}
          onChange={(to: string | null) => to && props.onConnect(to)}
          options={workflow.states
            .filter((one) => one.key !== state.key)
            .map((one) => ({ value: one.key, label: nameOf(one.key) }))}
        />
      </Field>
      <p className="qk-muted tt-mono">{state.key}</p>
    </Section>
  );
}
