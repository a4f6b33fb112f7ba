import { Button, Segmented } from "antd";
import { ArrowDown, RotateCcw, X } from "lucide-react";
import { Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { RichText } from "@/features/inbox/conversation/RichText";
import { dayLabel } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { type Filter, useTimeline } from "../api";
import type { TicketView } from "../types";
import { Entry, useEntryWords } from "./Entry";
import { discardComment, retryComment, useOutbox } from "./outbox";

/** The first thing said: what the ticket is about. */
function Described({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const by = ticket.created_by;
  const name =
    by.name ??
    (by.kind === "customer"
      ? (ticket.customer?.name ?? t("timeline.customer"))
      : by.kind === "bot"
        ? t("timeline.bot")
        : t("timeline.system"));
  if (!ticket.description) return null;
  return (
    <article className="q-entry q-entry--described">
      <Avatar name={name} id={by.id} url={by.avatar_url} size={30} />
      <div className="q-entry__card">
        <header className="q-entry__head">
          <strong>{name}</strong>
          <span className="q-muted">{t("timeline.described")}</span>
          <RelativeTime at={ticket.created_at} className="q-muted" />
        </header>
        <RichText text={ticket.description} />
      </div>
    </article>
  );
}

export function Timeline({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const locale = useLocale();
  const me = useMe().user;
  const [filter, setFilter] = useState<Filter>("all");
  const timeline = useTimeline(ticket.id, filter);
  const words = useEntryWords(ticket, timeline.names);
  const outbox = useOutbox((s) => s.items);
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const { items } = timeline;
  const known = useMemo(() => new Set(items.map((entry) => entry.client_id)), [items]);
  const unsent = outbox.filter((one) => one.ticketId === ticket.id && !known.has(one.clientId));
  const last = items.at(-1)?.seq ?? 0;
  const first = items[0]?.seq ?? 0;

  const toEnd = () => {
    const el = scroller.current;
    if (el) el.scrollTop = el.scrollHeight;
    setBelow(false);
  };
  // What is new is shown to who reads the end; who reads further up is only told.
  useLayoutEffect(() => {
    if (last === 0 && unsent.length === 0) return;
    if (atEnd.current) toEnd();
    else setBelow(true);
  }, [last, unsent.length]);
  // Another filter is another list.
  useLayoutEffect(() => {
    atEnd.current = true;
    toEnd();
  }, [filter]);
  // Older lines come in above without moving what is read.
  const height = useRef(0);
  useLayoutEffect(() => {
    const el = scroller.current;
    if (el && height.current) el.scrollTop += el.scrollHeight - height.current;
    height.current = 0;
  }, [first]);
  // The box may grow after it was filled (pictures).
  useEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const watch = new ResizeObserver(() => {
      if (atEnd.current) el.scrollTop = el.scrollHeight;
    });
    for (const child of el.children) watch.observe(child);
    return () => watch.disconnect();
  }, []);

  const older = () => {
    height.current = scroller.current?.scrollHeight ?? 0;
    void timeline.fetchNextPage();
  };

  let day = "";
  return (
    <div className="q-tk__timeline">
      <div className="q-tk__filter">
        <Segmented<Filter>
          size="small"
          aria-label={t("timeline.filter")}
          value={filter}
          onChange={setFilter}
          options={(["all", "comments", "history"] as Filter[]).map((value) => ({
            value,
            label: t(`timeline.${value}`),
          }))}
        />
      </div>
      <div
        ref={scroller}
        className="q-tk__scroll"
        role="log"
        aria-label={t("timeline.label")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by key.
        tabIndex={0}
        onScroll={(event) => {
          const el = event.currentTarget;
          atEnd.current = el.scrollHeight - el.scrollTop - el.clientHeight < 48;
          if (atEnd.current) setBelow(false);
        }}
      >
        <div className="q-tk__entries">
          {filter === "history" ? null : <Described ticket={ticket} />}
          {timeline.isPending ? (
            <SkeletonRows rows={3} />
          ) : timeline.error && items.length === 0 ? (
            <ErrorState compact error={timeline.error} retry={() => void timeline.refetch()} />
          ) : (
            <>
              {timeline.hasNextPage ? (
                <div className="q-tk__older">
                  <Button size="small" loading={timeline.isFetchingNextPage} onClick={older}>
                    {t("timeline.older")}
                  </Button>
                </div>
              ) : null}
              {items.length === 0 && unsent.length === 0 && (filter !== "all" || !ticket.description) ? (
                <EmptyState
                  compact
                  title={t(filter === "all" ? "timeline.empty" : `timeline.empty_${filter}`)}
                />
              ) : null}
              {items.map((entry) => {
                const label = dayLabel(entry.created_at, locale);
                const fresh = label !== day;
                day = label;
                return (
                  <Fragment key={entry.id}>
                    {fresh ? (
                      <div className="q-tk__day">
                        <span>{label}</span>
                      </div>
                    ) : null}
                    <Entry entry={entry} words={words} me={me.id} ticket={ticket} />
                  </Fragment>
                );
              })}
              {unsent.map((one) => (
                <article
                  key={one.clientId}
                  className={`q-entry q-entry--${one.public ? "comment" : "note"} q-entry--own ${one.state === "failed" ? "q-entry--failed" : "q-entry--sending"}`}
                >
                  <Avatar name={me.display_name ?? me.name} id={me.id} url={me.avatar_url} size={30} />
                  <div className="q-entry__card">
                    <header className="q-entry__head">
                      <strong>{me.display_name ?? me.name}</strong>
                      <span className="q-entry__kind">
                        {t(one.public ? "timeline.public" : "timeline.note")}
                      </span>
                      <span className="q-muted">
                        {t(one.state === "failed" ? "timeline.failed" : "timeline.sending")}
                      </span>
                    </header>
                    {one.body ? <RichText text={one.body} /> : null}
                    {one.files.map((file) => (
                      <div key={file.id} className="q-muted">
                        {file.name}
                      </div>
                    ))}
                    {one.state === "failed" ? (
                      <div className="q-entry__failed" role="alert">
                        <span>{one.error}</span>
                        <Button
                          size="small"
                          icon={<RotateCcw size={13} aria-hidden />}
                          onClick={() => void retryComment(one)}
                        >
                          {t("retry")}
                        </Button>
                        <Button
                          size="small"
                          type="text"
                          icon={<X size={13} aria-hidden />}
                          onClick={() => discardComment(one)}
                        >
                          {t("delete")}
                        </Button>
                      </div>
                    ) : null}
                  </div>
                </article>
              ))}
            </>
          )}
        </div>
      </div>
      {below ? (
        <Button
          className="q-tk__below"
          size="small"
          shape="round"
          icon={<ArrowDown size={14} aria-hidden />}
          onClick={toEnd}
        >
          {t("timeline.new_below")}
        </Button>
      ) : null}
    </div>
  );
}
