import { Link } from "@tanstack/react-router";
import { Select, Tooltip } from "antd";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { ticketPath } from "../api";
import { StateTag } from "../bits";
import { TicketPicker } from "../fields/pickers";
import { DONE, type LinkWay, type TicketRef, type TicketView } from "../types";
import { Block } from "./Block";
import { useTicketVerbs } from "./verbs";

export function TicketLine(props: { ticket: TicketRef; onRemove?: () => void }) {
  const t = useT("tickets");
  const { ticket } = props;
  return (
    <div className="q-tk__line">
      <Link to={ticketPath(ticket) as string} title={ticket.title}>
        <span className="q-muted q-num">{ticket.ref}</span>
        <span className="q-ellipsis">{ticket.title}</span>
      </Link>
      <StateTag status={ticket.status} label={ticket.state} />
      {props.onRemove ? (
        <Tooltip title={t("side.unlink")}>
          <button
            type="button"
            className="q-icon-btn"
            aria-label={`${t("side.unlink")} ${ticket.ref}`}
            onClick={props.onRemove}
          >
            <X size={13} aria-hidden />
          </button>
        </Tooltip>
      ) : null}
    </div>
  );
}

type Kind = LinkWay | "parent" | "child";
const KINDS: Kind[] = ["relates", "duplicates", "blocks", "blocked_by", "causes", "caused_by", "parent"];

/** Parent, children, and what else belongs to it. */
export function Related({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const [adding, setAdding] = useState(false);
  const [kind, setKind] = useState<Kind>("relates");
  const may = ticket.may?.link ?? false;
  const links = ticket.links ?? [];
  const children = ticket.children ?? [];
  const nothing = !ticket.parent && links.length === 0 && children.length === 0;
  const done = children.filter((one) => DONE.includes(one.status)).length;
  // One press takes a link away, so one press brings it back.
  const unlink = (id: string, way: LinkWay) =>
    void verbs.unlink(id, way, {
      text: t("done.unlinked"),
      undo: () => void verbs.link(id, way, t("done.linked")),
    });
  const leave = (parent: string) =>
    void verbs.parent(null, {
      text: t("done.unlinked"),
      undo: () => void verbs.parent(parent, t("done.linked")),
    });
  const byKind = new Map<LinkWay, TicketRef[]>();
  for (const link of links) byKind.set(link.kind, [...(byKind.get(link.kind) ?? []), link.ticket]);
  return (
    <Block
      id="related"
      title={t("side.related")}
      extra={
        may ? (
          <button
            type="button"
            className="q-icon-btn"
            aria-label={t("side.add_related")}
            aria-expanded={adding}
            onClick={() => setAdding(!adding)}
          >
            <Plus size={15} aria-hidden />
          </button>
        ) : null
      }
    >
      {adding ? (
        <div className="q-tk__adding">
          <Select<Kind>
            value={kind}
            aria-label={t("side.kind")}
            options={KINDS.map((value) => ({ value, label: t(`link.${value}`) }))}
            onChange={setKind}
          />
          <TicketPicker
            autoFocus
            label={t("side.add_related")}
            without={[ticket.id]}
            onPick={(other) => {
              setAdding(false);
              if (kind === "parent") void verbs.parent(other.id, t("done.linked"));
              else void verbs.link(other.id, kind as LinkWay, t("done.linked"));
            }}
          />
        </div>
      ) : null}
      {ticket.parent ? (
        <>
          <h3 className="q-tk__sub">{t("side.parent")}</h3>
          <TicketLine ticket={ticket.parent} onRemove={may ? () => leave(ticket.parent!.id) : undefined} />
        </>
      ) : null}
      {children.length > 0 ? (
        <>
          <h3 className="q-tk__sub">
            {t("side.children")}
            <span className="q-num">{t("side.done_children", { done, total: children.length })}</span>
          </h3>
          {children.map((one) => (
            <TicketLine key={one.id} ticket={one} />
          ))}
        </>
      ) : null}
      {[...byKind].map(([way, list]) => (
        <div key={way}>
          <h3 className="q-tk__sub">{t(`link.${way}`)}</h3>
          {list.map((one) => (
            <TicketLine key={one.id} ticket={one} onRemove={may ? () => unlink(one.id, way) : undefined} />
          ))}
        </div>
      ))}
      {nothing && !adding ? <span className="q-muted">{t("side.no_related")}</span> : null}
    </Block>
  );
}
