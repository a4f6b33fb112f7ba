import { Button, DatePicker, Segmented } from "antd";
import dayjs from "dayjs";
import { CalendarDays, ChevronLeft, ChevronRight, Hourglass } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { particulars } from "@/api/problem";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { ticketPath } from "../api";
import { useRefresh, useRows } from "./api";
import { both, dayKey, daysOf, duesOf, dueWithin, onDay } from "./model";
import type { Asked, Row } from "./types";

const COLUMNS = ["number", "title", "state", "priority", "due_at", "next_due_at"];
const SHOWN = 4;

/**
 * Tickets on the day they are due, by a date people set or by their next promise. Dragging a date to another day, or
 * choosing a day, changes it; a promise stays where it was made.
 */
export function Calendar(props: { asked: Asked }) {
  const t = useT("tickets/lists");
  const locale = useLocale();
  const [anchor, setAnchor] = useState(() => new Date());
  const [span, setSpan] = useState<"month" | "week">("month");
  const days = useMemo(() => daysOf(anchor, span), [anchor, span]);
  const first = days[0]!;
  const last = days.at(-1)!;
  const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  const asked = useMemo<Asked>(
    () => ({
      ...props.asked,
      filter: both(props.asked.filter, dueWithin(first.toISOString(), end.toISOString())),
    }),
    [props.asked, first.toISOString(), end.toISOString()],
  );
  const list = useRows(asked, { by: "due", descending: false }, COLUMNS, { limit: 200 });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    // A sheet shows all of its days; a thousand on one of them are not read one by one.
    if (hasNextPage && !isFetchingNextPage && list.rows.length < 1000) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, list.rows.length]);
  const refresh = useRefresh();
  const go = useGo();
  const handles = useCan("tickets.handle");
  const dragged = useRef<Row | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const [moved, setMoved] = useState<Record<string, string>>({});
  const [whole, setWhole] = useState<string | null>(null);
  const byDay = duesOf(list.rows, moved);
  const put = async (row: Row, day: Date) => {
    const before = moved[row.id] ?? row.due_at;
    if (!before) return;
    const due = onDay(before, day);
    if (due === before) return;
    setMoved((now) => ({ ...now, [row.id]: due }));
    try {
      await api.patch(`/tickets/${row.id}`, { due_at: due, version: row.version });
      refresh();
      await list.refetch();
    } catch (error) {
      toast.errorWith(t("card_refused", { ref: row.ref, why: particulars(error) }), t("open_card"), () =>
        go(ticketPath(row)),
      );
    }
    setMoved((now) => Object.fromEntries(Object.entries(now).filter(([id]) => id !== row.id)));
  };
  const step = (by: number) =>
    setAnchor((now) =>
      span === "month"
        ? new Date(now.getFullYear(), now.getMonth() + by, 1)
        : new Date(now.getFullYear(), now.getMonth(), now.getDate() + 7 * by),
    );
  const title = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long" }).format(anchor);
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
  const today = dayKey(new Date());
  if (list.error && !list.data) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  return (
    <div className="ql-cal">
      <div className="ql-cal__bar">
        <Button
          size="small"
          icon={<ChevronLeft size={14} aria-hidden />}
          aria-label={t("earlier")}
          onClick={() => step(-1)}
        />
        <Button
          size="small"
          icon={<ChevronRight size={14} aria-hidden />}
          aria-label={t("later")}
          onClick={() => step(1)}
        />
        <Button size="small" onClick={() => setAnchor(new Date())}>
          {t("today")}
        </Button>
        <h2>{title}</h2>
        <Segmented
          size="small"
          value={span}
          aria-label={t("span")}
          onChange={setSpan}
          options={(["month", "week"] as const).map((value) => ({ value, label: t(`spans.${value}`) }))}
        />
      </div>
      {list.isPending ? <SkeletonRows avatar={false} /> : null}
      <div className="ql-cal__days" aria-busy={list.isFetching}>
        {days.slice(0, 7).map((day) => (
          <div key={day.getDay()} className="ql-cal__weekday">
            {weekday.format(day)}
          </div>
        ))}
        {days.map((day) => {
          const key = dayKey(day);
          const dues = byDay.get(key) ?? [];
          const shown = whole === key || span === "week" ? dues : dues.slice(0, SHOWN);
          const other = span === "month" && day.getMonth() !== anchor.getMonth();
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: each entry's own date chooser moves it without a pointer.
            <div
              key={key}
              className={`ql-day ${other ? "ql-day--other" : ""} ${over === key ? "ql-day--over" : ""}`}
              onDragOver={(event) => {
                if (!dragged.current) return;
                event.preventDefault();
                setOver(key);
              }}
              onDragLeave={() => setOver((now) => (now === key ? null : now))}
              onDrop={(event) => {
                event.preventDefault();
                setOver(null);
                if (dragged.current) void put(dragged.current, day);
                dragged.current = null;
              }}
            >
              <span className={key === today ? "ql-day__n ql-day__n--today q-num" : "ql-day__n q-num"}>
                {day.getDate()}
              </span>
              {shown.map(({ row, at, kind }) => (
                <Entry
                  key={kind + row.id}
                  row={row}
                  due={at}
                  promise={kind === "promise"}
                  moves={handles && kind === "date"}
                  onDrag={() => {
                    dragged.current = row;
                  }}
                  onPut={(to) => void put(row, to)}
                />
              ))}
              {dues.length > shown.length ? (
                <button type="button" className="q-link" onClick={() => setWhole(key)}>
                  {t("more_day", { n: dues.length - shown.length })}
                </button>
              ) : null}
            </div>
          );
        })}
      </div>
      {list.hasNextPage && list.rows.length >= 1000 ? <p className="q-muted">{t("calendar_more")}</p> : null}
    </div>
  );
}

function Entry(props: {
  row: Row;
  due: string;
  promise: boolean;
  moves: boolean;
  onDrag: () => void;
  onPut: (day: Date) => void;
}) {
  const { row } = props;
  const t = useT("tickets/lists");
  const go = useGo();
  const [choosing, setChoosing] = useState(false);
  const late = Date.parse(props.due) < Date.now() && row.status !== "solved" && row.status !== "closed";
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its date chooser moves it without a pointer.
    <div
      className={`ql-entry ql-entry--${row.status} ${late ? "ql-entry--late" : ""}`}
      draggable={props.moves}
      onDragStart={(event) => {
        event.dataTransfer.setData("text/plain", row.ref);
        props.onDrag();
      }}
    >
      <button
        type="button"
        className="ql-entry__open q-ellipsis"
        title={`${row.ref} ${props.promise ? t("promise_of", { title: row.title }) : row.title}`}
        onClick={() => go(ticketPath(row))}
      >
        {props.promise ? <Hourglass size={11} aria-hidden /> : null}
        <span className="q-num">{dayjs(props.due).format("HH:mm")}</span> {row.title}
      </button>
      {props.moves ? (
        <>
          <button
            type="button"
            className="ql-entry__move"
            aria-label={t("other_day", { ref: row.ref })}
            onClick={() => setChoosing(true)}
          >
            <CalendarDays size={12} aria-hidden />
          </button>
          {choosing ? (
            <DatePicker
              open
              autoFocus
              className="ql-entry__picker"
              value={dayjs(props.due)}
              onOpenChange={(open) => !open && setChoosing(false)}
              onChange={(value) => {
                setChoosing(false);
                if (value) props.onPut(value.toDate());
              }}
            />
          ) : null}
        </>
      ) : null}
    </div>
  );
}
