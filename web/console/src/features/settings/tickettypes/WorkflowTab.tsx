import { Alert, Segmented } from "antd";
import { useEffect, useState } from "react";
import { useT } from "@/app/i18n";
import { Section, useConfirm } from "../kit";
import { useEditor } from "./context";
import { addState, connect, moved, removeState, removeTransition, strandedStates, wordsIn } from "./model";
import { AddButton } from "./parts";
import { SortableList } from "./SortableList";
import { StatePanel } from "./StatePanel";
import { TransitionPanel } from "./TransitionPanel";
import { type Chosen, WorkflowCanvas } from "./WorkflowCanvas";

export function WorkflowTab(props: { focus: Chosen }) {
  const t = useT("settings/tickettypes");
  const { definition, change, lang, fault, inUse } = useEditor();
  const confirm = useConfirm();
  const { workflow } = definition;
  const [view, setView] = useState<"picture" | "list">("picture");
  const [chosen, setChosen] = useState<Chosen>(null);
  useEffect(() => {
    if (props.focus) setChosen(props.focus);
  }, [props.focus]);
  const nameOf = (key: string) =>
    wordsIn(workflow.states.find((state) => state.key === key)?.label, lang) || key;
  const state = chosen?.kind === "state" ? workflow.states.findIndex((one) => one.key === chosen.key) : -1;
  const transition = chosen?.kind === "transition" ? workflow.transitions[chosen.index] : undefined;
  const stranded = strandedStates(definition);

  const newState = () => {
    const [next, key] = addState(definition, { [lang]: t("state.newName") }, "open");
    change(next);
    setChosen({ kind: "state", key });
  };
  const newWay = (from: string, to: string) => {
    const [next, index] = connect(definition, from, to, { [lang]: nameOf(to) });
    change(next);
    setChosen({ kind: "transition", index });
  };
  const dropState = (key: string) => {
    const count = inUse[key] ?? 0;
    const ways = workflow.transitions.filter((one) => one.to === key || one.from_states.includes(key)).length;
    confirm({
      title: t("state.removeTitle", { name: nameOf(key) }),
      text: (
        <>
          {count > 0 && <p>{t("state.inUse", { count })}</p>}
          <p>{t("state.removeText", { count: ways })}</p>
        </>
      ),
      ok: t("remove"),
      run: () => {
        change((old) => removeState(old, key));
        setChosen(null);
        return undefined;
      },
    });
  };

  return (
    <div className="tt-workflow">
      <Section
        title={t("tab.workflow")}
        description={t("workflow.text")}
        extra={
          <span className="qs-row">
            <Segmented
              size="small"
              aria-label={t("workflow.view")}
              value={view}
              onChange={setView}
              options={(["picture", "list"] as const).map((value) => ({
                value,
                label: t(`workflow.${value}`),
              }))}
            />
            <AddButton disabled={workflow.states.length >= 40} onClick={newState}>
              {t("state.add")}
            </AddButton>
            <AddButton
              disabled={workflow.states.length < 2 || workflow.transitions.length >= 200}
              onClick={() => {
                const from = chosen?.kind === "state" ? chosen.key : workflow.states[0]!.key;
                const to =
                  workflow.states.find(
                    (one) =>
                      one.key !== from &&
                      !workflow.transitions.some(
                        (way) => way.to === one.key && way.from_states.includes(from),
                      ),
                  ) ?? workflow.states.find((one) => one.key !== from);
                if (to) newWay(from, to.key);
              }}
            >
              {t("way.add")}
            </AddButton>
          </span>
        }
      >
        {fault("workflow.states") && <Fault text={fault("workflow.states")!} />}
        {fault("workflow.initial") && <Fault text={fault("workflow.initial")!} />}
        {stranded.unreachable.length > 0 && (
          <Alert
            className="qk-gap"
            type="warning"
            showIcon
            title={t("workflow.unreachable", { names: stranded.unreachable.map(nameOf).join(t("comma")) })}
          />
        )}
        {stranded.stuck.length > 0 && (
          <Alert
            className="qk-gap"
            type="warning"
            showIcon
            title={t("workflow.stuck", { names: stranded.stuck.map(nameOf).join(t("comma")) })}
          />
        )}
        {view === "picture" ? (
          <WorkflowCanvas chosen={chosen} onChoose={setChosen} onConnect={newWay} />
        ) : (
          <>
            <h3 className="tt-sub">{t("workflow.states")}</h3>
            <SortableList
              label={t("workflow.states")}
              selected={state >= 0 ? state : null}
              onSelect={(i) => setChosen({ kind: "state", key: workflow.states[i]!.key })}
              onOrder={(from, to) =>
                change((old) => ({
                  ...old,
                  workflow: { ...old.workflow, states: moved(old.workflow.states, from, to) },
                }))
              }
              items={workflow.states.map((one, i) => ({
                key: one.key,
                name: nameOf(one.key),
                fault: fault(`workflow.states.${i}`),
                icon: <i className={`tt-dot tt-status-${one.status}`} aria-hidden />,
                body: (
                  <>
                    <span>{nameOf(one.key)}</span>
                    <small>
                      {[
                        t(`status.${one.status}`),
                        one.key === workflow.initial ? t("state.initial") : "",
                        inUse[one.key] ? t("list.open", { count: inUse[one.key] }) : "",
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </small>
                  </>
                ),
              }))}
            />
            <h3 className="tt-sub">{t("workflow.ways")}</h3>
            {workflow.transitions.length === 0 && <p className="qk-muted">{t("way.none")}</p>}
            <SortableList
              label={t("workflow.ways")}
              selected={chosen?.kind === "transition" ? chosen.index : null}
              onSelect={(index) => setChosen({ kind: "transition", index })}
              onOrder={(from, to) => {
                change((old) => ({
                  ...old,
                  workflow: { ...old.workflow, transitions: moved(old.workflow.transitions, from, to) },
                }));
                if (chosen?.kind === "transition" && chosen.index === from)
                  setChosen({ kind: "transition", index: to });
              }}
              items={workflow.transitions.map((one, i) => ({
                key: one.key,
                name: wordsIn(one.label, lang) || one.key,
                fault: fault(`workflow.transitions.${i}`),
                body: (
                  <>
                    <span>{wordsIn(one.label, lang) || one.key}</span>
                    <small>
                      {one.from_states.map(nameOf).join(t("comma"))} → {nameOf(one.to)}
                      {one.approval ? ` · ${t("way.needsApproval")}` : ""}
                    </small>
                  </>
                ),
              }))}
            />
          </>
        )}
      </Section>
      <div className="tt-side">
        {state >= 0 ? (
          <StatePanel
            index={state}
            onRemove={() => dropState(workflow.states[state]!.key)}
            onConnect={(to) => newWay(workflow.states[state]!.key, to)}
            onChoose={setChosen}
          />
        ) : transition && chosen?.kind === "transition" ? (
          <TransitionPanel
            key={transition.key}
            index={chosen.index}
            onRemove={() => {
              change((old) => removeTransition(old, chosen.index));
              setChosen(null);
            }}
          />
        ) : (
          <Section title={t("workflow.details")}>
            <p className="qk-muted">{t("workflow.choose")}</p>
          </Section>
        )}
      </div>
    </div>
  );
}

function Fault(props: { text: string }) {
  return <Alert className="qk-gap" type="error" showIcon title={props.text} />;
}
