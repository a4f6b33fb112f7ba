import { Button } from "antd";
import { AlertTriangle, ArrowDown, ArrowUp, GripVertical } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useT } from "@/app/i18n";
import { moved } from "./model";

export interface SortableItem {
  key: string;
  name: string;
  body: ReactNode;
  icon?: ReactNode;
  fault?: string | undefined;
}

/** A list whose order is dragged, or moved with Alt and the arrow keys; one item may be chosen. */
export function SortableList(props: {
  label: string;
  items: SortableItem[];
  selected: number | null;
  onSelect: (index: number) => void;
  onOrder: (from: number, to: number) => void;
}) {
  const t = useT("settings/tickettypes");
  const [held, setHeld] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [told, setTold] = useState("");
  const order = moved(
    props.items.map((_, i) => i),
    held ?? 0,
    held === null || over === null ? (held ?? 0) : over,
  );
  const shift = (index: number, by: number) => {
    const to = index + by;
    if (to < 0 || to >= props.items.length) return;
    props.onOrder(index, to);
    setTold(t("list.movedTo", { name: props.items[index]?.name ?? "", n: to + 1 }));
  };
  return (
    <>
      <ol className="tt-sort" aria-label={props.label}>
        {order.map((index, at) => {
          const item = props.items[index]!;
          return (
            <li
              key={item.key}
              className={`${index === props.selected ? "tt-chosen" : ""} ${index === held ? "tt-held" : ""}`}
              onDragOver={(event) => {
                if (held === null) return;
                event.preventDefault();
                if (over !== at) setOver(at);
              }}
              onDrop={(event) => event.preventDefault()}
            >
              {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons beside it do the same by keyboard */}
              <span
                className="tt-grip"
                draggable
                title={t("list.drag")}
                onDragStart={(event) => {
                  event.dataTransfer.effectAllowed = "move";
                  event.dataTransfer.setData("text/plain", item.key);
                  setHeld(index);
                  setOver(index);
                }}
                onDragEnd={(event) => {
                  if (event.dataTransfer.dropEffect !== "none" && over !== null && over !== index)
                    props.onOrder(index, over);
                  setHeld(null);
                  setOver(null);
                }}
              >
                <GripVertical size={14} aria-hidden />
              </span>
              <button
                type="button"
                className="tt-pick"
                aria-current={index === props.selected ? "true" : undefined}
                aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
                onClick={() => props.onSelect(index)}
                onKeyDown={(event) => {
                  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
                    event.preventDefault();
                    shift(index, event.key === "ArrowUp" ? -1 : 1);
                  }
                }}
              >
                {item.icon}
                <span className="tt-pick-body">{item.body}</span>
                {item.fault && <AlertTriangle size={14} className="tt-wrong" aria-label={item.fault} />}
              </button>
              <Button
                type="text"
                size="small"
                disabled={at === 0}
                icon={<ArrowUp size={13} />}
                aria-label={t("list.upFor", { name: item.name })}
                onClick={() => shift(index, -1)}
              />
              <Button
                type="text"
                size="small"
                disabled={at === props.items.length - 1}
                icon={<ArrowDown size={13} />}
                aria-label={t("list.downFor", { name: item.name })}
                onClick={() => shift(index, 1)}
              />
            </li>
          );
        })}
      </ol>
      <p className="tt-sr" aria-live="polite">
        {told}
      </p>
    </>
  );
}
