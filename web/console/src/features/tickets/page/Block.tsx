import { ChevronDown } from "lucide-react";
import { type ReactNode, useState } from "react";

/** A part of the side column; whether it is open is remembered. */
export function Block(props: { id: string; title: ReactNode; extra?: ReactNode; children: ReactNode }) {
  const key = `qiao.ticket.block.${props.id}`;
  const [open, setOpen] = useState(() => localStorage.getItem(key) !== "0");
  const toggle = () => {
    localStorage.setItem(key, open ? "0" : "1");
    setOpen(!open);
  };
  return (
    <section className="q-block">
      <header>
        <h2>
          <button type="button" aria-expanded={open} onClick={toggle}>
            <ChevronDown size={14} className={open ? "" : "q-block__shut"} aria-hidden />
            {props.title}
          </button>
        </h2>
        {open ? props.extra : null}
      </header>
      {open ? <div className="q-block__body">{props.children}</div> : null}
    </section>
  );
}
