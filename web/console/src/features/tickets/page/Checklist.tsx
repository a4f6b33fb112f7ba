import { Checkbox, Input, Progress } from "antd";
import { X } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import type { ChecklistItem, TicketView } from "../types";
import { Block } from "./Block";
import { useTicketVerbs } from "./verbs";

function Item(props: { item: ChecklistItem; ticket: TicketView }) {
  const { item, ticket } = props;
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const may = ticket.may?.checklist ?? false;
  const [text, setText] = useState<string | null>(null);
  const [done, setDone] = useState<boolean | null>(null);
  const checked = done ?? item.done_at !== null;
  const save = async () => {
    const next = text?.trim();
    setText(null);
    if (next && next !== item.text) await verbs.changeItem(item.id, { text: next });
  };
  return (
    <li className="q-tk__item">
      <Checkbox
        checked={checked}
        disabled={!may}
        aria-label={item.text}
        onChange={async (event) => {
          // Shown at once; taken back if the server says no.
          setDone(event.target.checked);
          await verbs.changeItem(item.id, { done: event.target.checked });
          setDone(null);
        }}
      />
      {text === null ? (
        <button
          type="button"
          className={`q-editable ${checked ? "q-tk__struck" : ""}`}
          disabled={!may}
          title={item.done_by ? t("side.checked_by", { name: item.done_by.name }) : undefined}
          aria-label={t("side.edit_item", { name: item.text })}
          onClick={() => setText(item.text)}
        >
          {item.text}
        </button>
      ) : (
        <Input
          size="small"
          autoFocus
          value={text}
          maxLength={300}
          aria-label={t("side.edit_item", { name: item.text })}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => void save()}
          onPressEnter={(event) => {
            if (!event.nativeEvent.isComposing) void save();
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setText(null);
          }}
        />
      )}
      {may && text === null ? (
        <button
          type="button"
          className="q-icon-btn"
          aria-label={t("side.remove_item", { name: item.text })}
          onClick={() => void verbs.removeItem(item.id)}
        >
          <X size={13} aria-hidden />
        </button>
      ) : null}
    </li>
  );
}

export function Checklist({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const [text, setText] = useState("");
  const items = ticket.checklist ?? [];
  const done = items.filter((item) => item.done_at).length;
  const may = ticket.may?.checklist ?? false;
  if (items.length === 0 && !may) return null;
  const add = async () => {
    const words = text.trim();
    if (!words) return;
    setText("");
    if (!(await verbs.addItem(words))) setText(words);
  };
  return (
    <Block
      id="checklist"
      title={
        <>
          {t("side.checklist")}
          {items.length > 0 ? (
            <span className="q-muted q-num">
              {done}/{items.length}
            </span>
          ) : null}
        </>
      }
    >
      {items.length > 0 ? (
        <Progress
          percent={Math.round((done / items.length) * 100)}
          size="small"
          showInfo={false}
          aria-label={t("side.checklist")}
        />
      ) : null}
      <ul className="q-tk__items">
        {items.map((item) => (
          <Item key={item.id} item={item} ticket={ticket} />
        ))}
      </ul>
      {may ? (
        <Input
          size="small"
          variant="borderless"
          value={text}
          maxLength={300}
          className="q-tk__newitem"
          placeholder={t("side.item_placeholder")}
          aria-label={t("side.add_item")}
          onChange={(event) => setText(event.target.value)}
          onPressEnter={(event) => {
            if (!event.nativeEvent.isComposing) void add();
          }}
        />
      ) : null}
    </Block>
  );
}
