import { Dropdown, Select } from "antd";
import { Ellipsis } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { particulars } from "@/api/problem";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { integer } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { ticketPath, useType } from "../api";
import { PriorityBars, useWords } from "../bits";
import { DueClock } from "../sla/DueClock";
import { STATUSES, type TypeSummary } from "../types";
import { useGroups, useRefresh } from "./api";
import { both } from "./model";
import type { Asked, Row, Sort } from "./types";

interface Lane {
  key: string;
  label: string;
}

/** Cards in lanes. Moving a card is a move of the workflow: one it does not have sends the card back, with the reason. */
export function Board(props: {
  asked: Asked;
  sort: Sort;
  by: "status" | "state";
  types: TypeSummary[];
  onBy: (by: "status" | "state") => void;
}) {
  const t = useT("tickets/lists");
  const words = useWords();
  const [typeKey, setTypeKey] = useState<string | null>(null);
  const chosen = props.by === "state" ? (typeKey ?? props.types[0]?.key ?? null) : null;
  const type = useType(chosen);
  const asked = useMemo<Asked>(
    () =>
      chosen
        ? { ...props.asked, filter: both(props.asked.filter, { fact: "type", op: "is", value: chosen }) }
        : props.asked,
    [props.asked, chosen],
  );
  const lanes: Lane[] =
    props.by === "status"
      ? STATUSES.map((key) => ({ key, label: t(`tickets:status.${key}`) }))
      : (type.data?.definition.workflow.states ?? []).map((one) => ({
          key: one.key,
          label: words(one.label, one.key),
        }));
  return (
    <div className="ql-board">
      <div className="ql-board__bar">
        <Select
          size="small"
          value={props.by}
          aria-label={t("lanes")}
          onChange={props.onBy}
          options={(["status", "state"] as const).map((value) => ({ value, label: t(`board.${value}`) }))}
        />
        {props.by === "state" ? (
          <Select
            size="small"
            value={chosen}
            aria-label={t("fact.type")}
            popupMatchSelectWidth={false}
            onChange={setTypeKey}
            options={props.types.map((one) => ({ value: one.key, label: words(one.name, one.key) }))}
          />
        ) : null}
      </div>
      {props.by === "state" && type.isPending ? (
        <SkeletonRows avatar={false} />
      ) : (
        <Lanes key={props.by + (chosen ?? "")} asked={asked} sort={props.sort} by={props.by} lanes={lanes} />
      )}
    </div>
  );
}

const COLUMNS = ["number", "title", "state", "priority", "assignee", "customer", "next_due_at"];

function Lanes(props: { asked: Asked; sort: Sort; by: "status" | "state"; lanes: Lane[] }) {
  const { lanes, by } = props;
  const t = useT("tickets/lists");
  const locale = useLocale();
  const refresh = useRefresh();
  const go = useGo();
  const handles = useCan("tickets.handle");
  const groups = useGroups(props.asked, by, { open: 40, rows: 50, sort: props.sort, columns: COLUMNS });
  // Where a card stands until the server has said so, by its id.
  const [moved, setMoved] = useState<Record<string, string>>({});
  const dragged = useRef<Row | null>(null);
  const [over, setOver] = useState<string | null>(null);
  if (groups.isPending) return <SkeletonRows avatar={false} />;
  if (groups.error && !groups.data)
    return <ErrorState error={groups.error} retry={() => void groups.refetch()} />;
  const items = groups.data?.items ?? [];
  if (!items.length) return <EmptyState title={t("nothing")} hint={t("nothing_hint")} />;
  const cards = items.flatMap((group) => group.rows?.items ?? []);
  const laneOf = (row: Row) => moved[row.id] ?? (by === "status" ? row.status : row.state.key);

  const put = async (row: Row, lane: string) => {
    if (laneOf(row) === lane) return;
    setMoved((now) => ({ ...now, [row.id]: lane }));
    const back = () =>
      setMoved((now) => Object.fromEntries(Object.entries(now).filter(([id]) => id !== row.id)));
    try {
      if (by === "status") await api.post(`/tickets/${row.id}/move`, { status: lane });
      else {
        const ticket = await api.get<{ moves?: { key: string; to: { key: string }; allowed: boolean }[] }>(
          `/tickets/${row.id}`,
        );
        const way = ticket.moves?.find((one) => one.to.key === lane);
        if (!way) {
          back();
          toast.error(t("no_way"));
          return;
        }
        await api.post(`/tickets/${row.id}/move`, { transition: way.key });
      }
      refresh();
      await groups.refetch();
      back();
    } catch (error) {
      back();
      toast.errorWith(t("card_refused", { ref: row.ref, why: particulars(error) }), t("open_card"), () =>
        go(ticketPath(row)),
      );
    }
  };

  return (
    <div className="ql-lanes">
      {lanes.map((lane) => {
        const group = items.find((one) => one.value === lane.key);
        const list = cards.filter((row) => laneOf(row) === lane.key);
        return (
          <section
            key={lane.key}
            aria-label={lane.label}
            className={over === lane.key ? "ql-lane ql-lane--over" : "ql-lane"}
            onDragOver={(event) => {
              if (!dragged.current) return;
              event.preventDefault();
              setOver(lane.key);
            }}
            onDragLeave={() => setOver((now) => (now === lane.key ? null : now))}
            onDrop={(event) => {
              event.preventDefault();
              setOver(null);
              if (dragged.current) void put(dragged.current, lane.key);
              dragged.current = null;
            }}
          >
            <h2 className="ql-lane__head">
              {lane.label} <span className="q-num q-muted">{integer(group?.count ?? 0, locale)}</span>
            </h2>
            <div className="ql-lane__cards">
              {list.map((row) => (
                <Card
                  key={row.id}
                  row={row}
                  draggable={handles}
                  onDrag={() => {
                    dragged.current = row;
                  }}
                  lanes={lanes.filter((one) => one.key !== lane.key)}
                  onPut={(to) => void put(row, to)}
                />
              ))}
              {(group?.count ?? 0) > (group?.rows?.items.length ?? 0) ? (
                <p className="q-muted ql-lane__more">
                  {t("lane_more", {
                    n: integer((group?.count ?? 0) - (group?.rows?.items.length ?? 0), locale),
                  })}
                </p>
              ) : null}
            </div>
          </section>
        );
      })}
    </div>
  );
}

function Card(props: {
  row: Row;
  draggable: boolean;
  lanes: Lane[];
  onDrag: () => void;
  onPut: (lane: string) => void;
}) {
  const { row } = props;
  const t = useT("tickets/lists");
  const go = useGo();
  return (
    <article
      className="ql-card"
      draggable={props.draggable}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", row.ref);
        props.onDrag();
      }}
    >
      <div className="ql-card__top">
        <span className="q-num q-muted">{row.ref}</span>
        <PriorityBars priority={row.priority} />
        <DueClock dueAt={row.next_due_at} kind={row.next_due_kind} breached={row.breached} compact />
        {props.draggable ? (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: props.lanes.map((lane) => ({
                key: lane.key,
                label: t("put_into", { lane: lane.label }),
                onClick: () => props.onPut(lane.key),
              })),
            }}
          >
            <button type="button" className="q-icon-btn" aria-label={t("move_card", { ref: row.ref })}>
              <Ellipsis size={14} aria-hidden />
            </button>
          </Dropdown>
        ) : null}
      </div>
      <button type="button" className="ql-card__title" title={row.title} onClick={() => go(ticketPath(row))}>
        {row.title}
      </button>
      <div className="ql-card__foot q-muted">
        <span className="q-ellipsis">{row.customer?.name ?? ""}</span>
        <span className="q-ellipsis">{row.assignee?.name ?? t("nobody")}</span>
      </div>
    </article>
  );
}
