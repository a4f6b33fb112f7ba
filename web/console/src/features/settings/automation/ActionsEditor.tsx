import { Button, Dropdown, Tooltip } from "antd";
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useT } from "@/app/i18n";
import { ActionForm } from "./ActionForm";
import { blankAction, moved } from "./model";
import type { Action, Catalogue, Fault, Subject } from "./types";

/** What the server calls a particular of an action, and what it is called on the screen. */
const NAMED: Record<string, string> = {
  type_key: "type",
  title: "title",
  body: "text",
  reason: "reason",
  url: "url",
  address: "address",
  procedure_key: "procedure",
};

interface Props {
  actions: Action[];
  subject: Subject;
  catalogue: Catalogue;
  onChange: (actions: Action[]) => void;
  problem: (field: string) => string | undefined;
  faults?: Fault[];
}

/** What is done, from top to bottom: all of it or nothing. Dragged, or moved with the arrows beside it. */
export function ActionsEditor({ actions, subject, catalogue, onChange, problem, faults = [] }: Props) {
  const t = useT("settings/automation");
  // Actions have no ids of their own; a key that travels with each keeps its form when the order changes.
  const keys = useRef<number[]>([]);
  const next = useRef(0);
  while (keys.current.length < actions.length) keys.current.push(next.current++);
  keys.current.length = actions.length;
  const [held, setHeld] = useState<number | null>(null);
  const [told, setTold] = useState("");
  const move = (from: number, to: number) => {
    if (to < 0 || to >= actions.length || from === to) return;
    keys.current = moved(keys.current, from, to);
    onChange(moved(actions, from, to));
    setTold(t("then.movedTo", { name: t(`do.${actions[from]?.do}`), n: to + 1 }));
  };
  const put = (index: number, action: Action) =>
    onChange(actions.map((old, i) => (i === index ? action : old)));
  const drop = (index: number) => {
    keys.current = keys.current.filter((_, i) => i !== index);
    onChange(actions.filter((_, i) => i !== index));
  };
  return (
    <>
      <ol className="qa-actions" aria-label={t("then.title")}>
        {actions.map((action, index) => {
          const place = Object.keys(NAMED).find((key) => problem(`actions.${index}.${action.do}.${key}`));
          const found = problem(`actions.${index}${place ? `.${action.do}.${place}` : ""}`);
          const wrong =
            (place && found ? t("then.wrongAt", { field: t(`form.${NAMED[place]}`), what: found }) : found) ??
            faults.find((fault) => fault.where === `actions.${index}`)?.message;
          return (
            <li
              key={keys.current[index]}
              className={`qa-action ${held === index ? "qa-held" : ""} ${wrong ? "qa-wrong" : ""}`}
              onDragOver={(event) => {
                if (held === null) return;
                event.preventDefault();
                if (held !== index) {
                  move(held, index);
                  setHeld(index);
                }
              }}
              onDrop={(event) => event.preventDefault()}
            >
              <header>
                {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons beside it do the same by keyboard */}
                <span
                  className="qa-grip"
                  draggable
                  title={t("then.drag")}
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = "move";
                    event.dataTransfer.setData("text/plain", String(index));
                    setHeld(index);
                  }}
                  onDragEnd={() => setHeld(null)}
                >
                  <GripVertical size={14} aria-hidden />
                </span>
                <strong>
                  {index + 1}. {t(`do.${action.do}`)}
                </strong>
                <span className="qa-space" />
                <Button
                  type="text"
                  size="small"
                  disabled={index === 0}
                  icon={<ArrowUp size={14} aria-hidden />}
                  aria-label={t("then.up", { n: index + 1 })}
                  onClick={() => move(index, index - 1)}
                />
                <Button
                  type="text"
                  size="small"
                  disabled={index === actions.length - 1}
                  icon={<ArrowDown size={14} aria-hidden />}
                  aria-label={t("then.down", { n: index + 1 })}
                  onClick={() => move(index, index + 1)}
                />
                <Tooltip title={t("then.remove")}>
                  <Button
                    type="text"
                    size="small"
                    icon={<Trash2 size={14} aria-hidden />}
                    aria-label={t("then.removeN", { n: index + 1 })}
                    onClick={() => drop(index)}
                  />
                </Tooltip>
              </header>
              {wrong && (
                <p className="qa-problem" role="alert">
                  {wrong}
                </p>
              )}
              <ActionForm
                action={action}
                subject={subject}
                catalogue={catalogue}
                id={`action-${keys.current[index]}`}
                onChange={(changed) => put(index, changed)}
              />
            </li>
          );
        })}
      </ol>
      <p className="qa-sr" aria-live="polite">
        {told}
      </p>
      <Dropdown
        trigger={["click"]}
        menu={{
          style: { maxHeight: "min(60vh, 480px)", overflowY: "auto" },
          items: (catalogue.actions[subject] ?? []).map((key) => ({
            key,
            label: t(`do.${key}`),
            disabled: key === "mail" && !catalogue.mail,
            title: key === "mail" && !catalogue.mail ? t("then.noMail") : undefined,
          })),
          onClick: ({ key }) => onChange([...actions, blankAction(key, subject)]),
        }}
      >
        <Button icon={<Plus size={14} aria-hidden />} disabled={actions.length >= 20}>
          {t("then.add")}
        </Button>
      </Dropdown>
      {problem("actions") && !actions.some((_, index) => problem(`actions.${index}`)) && (
        <p className="qa-problem" role="alert">
          {problem("actions")}
        </p>
      )}
    </>
  );
}
