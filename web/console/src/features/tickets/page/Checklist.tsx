import { Checkbox, Input, Progress } from "antd";
import { GripVertical, X } from "lucide-react";
import { type DragEvent, type KeyboardEvent, useState } from "react";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import type { ChecklistItem, TicketView } from "../types";
import { Block } from "./Block";
import { useTicketVerbs } from "./verbs";

/** How an item is moved: by its grip, or with Alt and the arrow keys from wherever it has the focus. */
interface Place {
  held: boolean;
  onGrab: (event: DragEvent) => void;
  onOver: (event: DragEvent) => void;
  onDrop: (event: DragEvent) => void;
  onLetGo: () => void;
  onShift: (by: -1 | 1) => void;
}

function Item(props: { item: ChecklistItem; ticket: TicketView; place: Place }) {
  const { item, ticket, place } = props;
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
  const shift = (event: KeyboardEvent) => {
    if (!may || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const focused = event.target as HTMLElement;
    place.onShift(event.key === "ArrowUp" ? -1 : 1);
    // What is moved within the page loses the focus.
    requestAnimationFrame(() => focused.focus());
  };
  return (
    <li
      className={`q-tk__item ${place.held ? "q-tk__item--held" : ""}`}
      onDragOver={place.onOver}
      onDrop={place.onDrop}
      onKeyDown={shift}
    >
      {may ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: Alt and the arrow keys do the same
        <span
          className="q-tk__grip"
          draggable
          title={t("side.move_item")}
          onDragStart={place.onGrab}
          onDragEnd={place.onLetGo}
        >
          <GripVertical size={13} aria-hidden />
        </span>
      ) : null}
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
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
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

/** The items in the order of these ids; those it does not name stay behind. */
function inOrder(items: ChecklistItem[], order: Id[] | null): ChecklistItem[] {
  if (!order) return items;
  const rank = ({ id }: ChecklistItem) => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...items].sort((one, other) => rank(one) - rank(other));
}

/** The ids with one of them taken to another place. */
function around(items: ChecklistItem[], id: Id, to: number): Id[] {
  const ids = items.map((item) => item.id).filter((one) => one !== id);
  ids.splice(to, 0, id);
  return ids;
}

export function Checklist({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const [text, setText] = useState("");
  const [held, setHeld] = useState<Id | null>(null);
  const [over, setOver] = useState<number | null>(null);
  // The order as it was put, until the server has it too.
  const [order, setOrder] = useState<Id[] | null>(null);
  const [told, setTold] = useState("");
  const items = inOrder(ticket.checklist ?? [], order);
  const done = items.filter((item) => item.done_at).length;
  const may = ticket.may?.checklist ?? false;
  if (items.length === 0 && !may) return null;
  const add = async () => {
    const words = text.trim();
    if (!words) return;
    setText("");
    if (!(await verbs.addItem(words))) setText(words);
  };
  const put = async (id: Id, to: number) => {
    const from = items.findIndex((item) => item.id === id);
    if (from < 0 || to < 0 || to >= items.length || to === from) return;
    const ids = around(items, id, to);
    setOrder(ids);
    if (await verbs.changeItem(id, { position: to }))
      setTold(t("side.item_moved", { name: items[from]!.text, n: to + 1 }));
    setOrder((now) => (now === ids ? null : now));
  };
  const shown = held === null || over === null ? items : inOrder(items, around(items, held, over));
  const placeOf = (item: ChecklistItem, at: number): Place => ({
    held: item.id === held,
    onGrab: (event) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", item.text);
      setHeld(item.id);
    },
    onOver: (event) => {
      if (held === null) return;
      event.preventDefault();
      setOver(at);
    },
    onDrop: (event) => {
      event.preventDefault();
      if (held !== null && over !== null) void put(held, over);
    },
    onLetGo: () => {
      setHeld(null);
      setOver(null);
    },
    onShift: (by) => void put(item.id, at + by),
  });
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
        {shown.map((item, at) => (
          <Item key={item.id} item={item} ticket={ticket} place={placeOf(item, at)} />
        ))}
      </ul>
      <p className="q-sr" aria-live="polite">
        {told}
      </p>
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
