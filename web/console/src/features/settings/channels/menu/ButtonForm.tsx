import { Button, Input, Select } from "antd";
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Trash2 } from "lucide-react";
import type { ReactNode } from "react";

import { useT } from "@/app/i18n";
import { Field, Toggle } from "../../kit";
import {
  type Action,
  BYTES_MOST,
  beside,
  bytesOf,
  type Column,
  changed,
  emptyAction,
  KINDS,
  type Kind,
  type Menu,
  nameBytesMost,
  type Place,
  type Row,
  shownName,
  swapped,
} from "./model";

/** One button of the menu: its name, what it does, its place among its neighbours. */
export function ButtonForm(props: {
  menu: Menu;
  place: Place;
  button: Row | Column;
  problem: (field: string) => string | undefined;
  onChange: (menu: Menu, goTo?: Place) => void;
  onDelete: () => void;
}) {
  const t = useT("settings/channels");
  const s = useT("settings");
  const { menu, place, button, problem } = props;
  const inRow = place.row !== null;
  const opens = "rows" in button && button.rows.length > 0;
  const set = (change: Partial<Row>) => props.onChange(changed(menu, place, change));
  const move = (step: -1 | 1, icon: ReactNode, label: string) => {
    const to = beside(menu, place, step);
    return (
      <Button
        type="text"
        icon={icon}
        aria-label={label}
        title={label}
        disabled={to === null}
        onClick={() => to && props.onChange(swapped(menu, place, to), to)}
      />
    );
  };
  const shown = shownName(button.name, place);
  return (
    <div className="qch-menu-form">
      <header>
        <h3>{t(inRow ? "menu.row" : "menu.column", { n: (place.row ?? place.column) + 1 })}</h3>
        <span className="qs-row qs-nowrap">
          {inRow
            ? move(-1, <ArrowUp size={15} />, s("kit.up"))
            : move(-1, <ArrowLeft size={15} />, t("menu.left"))}
          {inRow
            ? move(1, <ArrowDown size={15} />, s("kit.down"))
            : move(1, <ArrowRight size={15} />, t("menu.right"))}
          <Button
            type="text"
            danger
            icon={<Trash2 size={15} />}
            aria-label={s("kit.delete")}
            title={s("kit.delete")}
            onClick={props.onDelete}
          />
        </span>
      </header>
      <Field
        label={t("menu.name")}
        htmlFor="menu-name"
        required
        problem={problem("name")}
        help={shown.endsWith("…") ? t("menu.cut", { shown }) : undefined}
      >
        <Bytes most={nameBytesMost(place)} text={button.name}>
          <Input
            id="menu-name"
            autoFocus={!button.name}
            value={button.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </Bytes>
      </Field>
      {opens ? (
        <p className="qch-menu-hint">{t("menu.opens")}</p>
      ) : (
        <>
          <Field
            label={t("menu.does")}
            htmlFor="menu-kind"
            required
            problem={problem("action")}
            help={button.action ? t(`menu.kindText.${button.action.kind}`) : undefined}
          >
            <Select
              id="menu-kind"
              placeholder={t("menu.doesHint")}
              value={button.action?.kind ?? null}
              onChange={(kind: Kind) => set({ action: emptyAction(kind) })}
              options={(button.action?.kind === "other" ? [...KINDS, "other"] : KINDS).map((kind) => ({
                value: kind,
                label: t(`menu.kind.${kind}`),
              }))}
            />
          </Field>
          {button.action && (
            <ActionFields action={button.action} problem={problem} onChange={(action) => set({ action })} />
          )}
        </>
      )}
    </div>
  );
}

function ActionFields(props: {
  action: Action;
  problem: (field: string) => string | undefined;
  onChange: (action: Action) => void;
}) {
  const t = useT("settings/channels");
  const { action, problem, onChange } = props;
  const line = (field: string, text: string, set: (text: string) => Action, longest: number, hint = "") => (
    <Field label={t(`menu.${field}`)} htmlFor={`menu-${field}`} required problem={problem(field)}>
      <Input
        id={`menu-${field}`}
        value={text}
        maxLength={longest}
        placeholder={hint}
        onChange={(event) => onChange(set(event.target.value))}
      />
    </Field>
  );
  switch (action.kind) {
    case "say":
      return (
        <Field label={t("menu.say")} htmlFor="menu-say" required problem={problem("text")}>
          <Bytes most={BYTES_MOST.text} text={action.text}>
            <Input
              id="menu-say"
              value={action.text}
              onChange={(event) => onChange({ ...action, text: event.target.value })}
            />
          </Bytes>
        </Field>
      );
    case "link":
      return line("url", action.url, (url) => ({ ...action, url }), 1024, "https://");
    case "program":
      return (
        <>
          {line("appid", action.appid, (appid) => ({ ...action, appid }), 80, "wx…")}
          {line(
            "pagepath",
            action.pagepath,
            (pagepath) => ({ ...action, pagepath }),
            512,
            "pages/index/index",
          )}
          {line("url", action.url, (url) => ({ ...action, url }), 1024, "https://")}
          <p className="qch-menu-hint">{t("menu.programUrl")}</p>
        </>
      );
    case "click":
    case "scan":
      return (
        <>
          <Field
            label={t("menu.key")}
            htmlFor="menu-key"
            required
            problem={problem("key")}
            help={t("menu.keyText")}
          >
            <Bytes most={BYTES_MOST.key} text={action.key}>
              <Input
                id="menu-key"
                value={action.key}
                onChange={(event) => onChange({ ...action, key: event.target.value })}
              />
            </Bytes>
          </Field>
          {action.kind === "scan" && (
            <Toggle checked={action.wait} onChange={(wait) => onChange({ ...action, wait })}>
              {t("menu.wait")}
            </Toggle>
          )}
        </>
      );
    case "other":
      return (
        <pre className="qch-preview" translate="no">
          {JSON.stringify(action.raw, null, 2)}
        </pre>
      );
  }
}

/** A control with how much of what the provider takes is used. */
function Bytes(props: { most: number; text: string; children: ReactNode }) {
  const t = useT("settings/channels");
  const used = bytesOf(props.text);
  return (
    <div className="qch-bytes">
      {props.children}
      <span className={used > props.most ? "qch-over" : ""}>
        {t("menu.bytes", { used, most: props.most })}
      </span>
    </div>
  );
}
