import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Spin } from "antd";
import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useGet } from "@/api/hooks";
import type { ConversationView, Page } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { TalkDivider } from "@/features/customers/linking/TalkDivider";
import { nextToLoad, oneThread } from "@/features/customers/linking/thread";
import { useElsewhere } from "@/features/customers/linking/useElsewhere";
import { dayLabel } from "@/lib/format";
import { keys } from "@/realtime/live";
import { useSignals } from "@/realtime/signals";
import { fetchMessages, loadBack, loadOlder } from "@/realtime/transcript";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { EventLine } from "./EventLine";
import { HandoffCard } from "./HandoffCard";
import { Message, Pending } from "./Message";
import { useOutbox } from "./outbox";
import { useStretch } from "./stretch";
import { buildTimeline, type TimelineRow } from "./timeline";
import "./transcript.css";
import "@/features/customers/linking/linking.css";
import { PLAIN, useChannel } from "../channel/useChannel";
import { customerName } from "../text";

export function Transcript(props: {
  conversation: ConversationView;
  unreadAfter: number | null;
  jumpTo: number | null;
}) {
  const { conversation } = props;
  const t = useT("inbox");
  const linking = useT("customers/linking");
  const locale = useLocale();
  const me = useMe().user;
  const client = useQueryClient();
  const query = useQuery({
    queryKey: keys.messages(conversation.id),
    queryFn: ({ signal }) => fetchMessages(client, conversation.id, signal),
    staleTime: 60_000,
  });
  const outbox = useOutbox((s) => s.items);
  const typing = useSignals((s) => s.customerTyping[conversation.id]);
  const scroller = useRef<HTMLDivElement>(null);
  const [missed, setMissed] = useState(0);
  const [loadingOlder, setLoadingOlder] = useState(false);
  const [announcement, setAnnouncement] = useState("");
  const [flash, setFlash] = useState<number | null>(null);

  const items = query.data?.items;
  const pending = useMemo(() => {
    const stored = new Set((items ?? []).map((m) => m.client_id));
    return outbox.filter((o) => o.conversation_id === conversation.id && !stored.has(o.client_id));
  }, [outbox, items, conversation.id]);
  const [wide, setWide] = useState(false);
  const other = useElsewhere(conversation.id, wide);
  const past = useGet<Page<ConversationView>>("/conversations", {
    view: "all",
    customer_id: conversation.customer.id,
    limit: 10,
  });
  const others = (past.data?.items ?? []).filter((c) => c.id !== conversation.id);
  const parallel = others.find((c) => c.status !== "resolved" && c.status !== "closed");
  const channel = useChannel(conversation);
  const recallMs = PLAIN.has(conversation.inbox.channel)
    ? undefined
    : (channel?.capabilities.recall_hours ?? 0) * 3_600_000;
  const own = useMemo(
    () => ({ items: items ?? [], hasMore: query.data?.has_more ?? false }),
    [items, query.data?.has_more],
  );
  const elsewhere = useMemo(
    () => ({ items: other.items, hasMore: other.hasMore && other.ready }),
    [other.items, other.hasMore, other.ready],
  );
  const rows = useMemo(
    () =>
      buildTimeline(
        wide ? oneThread(own, elsewhere, props.jumpTo === null) : own.items,
        props.unreadAfter,
        conversation.id,
      ),
    [own, elsewhere, wide, props.unreadAfter, props.jumpTo, conversation.id],
  );

  const { from, to, atEnd, hold, keep, toEnd, toRow } = useStretch(scroller, rows);
  const toBottom = useCallback(() => {
    toEnd();
    setMissed(0);
  }, [toEnd]);

  const older = useCallback(async () => {
    const next = wide ? nextToLoad(own, elsewhere) : query.data?.has_more ? "own" : null;
    if (loadingOlder || !next) return;
    setLoadingOlder(true);
    try {
      if (next === "own") await loadOlder(client, conversation.id);
      else await other.more();
    } catch {
      // The button above stays, to be pressed again.
    } finally {
      setLoadingOlder(false);
    }
  }, [client, conversation.id, loadingOlder, query.data?.has_more, wide, own, elsewhere, other.more]);

  // First sight of a conversation: the unread line if there is one, else the end.
  const opened = useRef(false);
  useLayoutEffect(() => {
    if (!items || opened.current) return;
    const divider = props.jumpTo === null && rows.some((row) => row.type === "unread");
    if (divider) opened.current = toRow("unread");
    else {
      opened.current = true;
      toEnd();
    }
  }, [items, rows, from, props.jumpTo, toEnd, toRow]);

  // Follow the end only when already there; count what comes meanwhile.
  const lastSeq = items?.at(-1)?.seq ?? 0;
  const seen = useRef({ id: "", seq: 0, pending: 0 });
  useLayoutEffect(() => {
    if (!items) return;
    const before = seen.current;
    if (before.id === conversation.id) {
      const added = items.filter((m) => m.seq > before.seq);
      const own = pending.length > before.pending || added.some((m) => m.author.id === me.id);
      if (added.length || pending.length !== before.pending) {
        if (atEnd.current || own) toBottom();
        else setMissed((n) => n + added.filter((m) => m.kind !== "event").length);
      }
      const latest = added.findLast((m) => m.author.kind === "customer");
      if (latest)
        setAnnouncement(
          t("announce_message", {
            name: customerName(conversation.customer, t),
            text: latest.body.slice(0, 200),
          }),
        );
    } else {
      setMissed(0);
      setAnnouncement("");
    }
    seen.current = { id: conversation.id, seq: lastSeq, pending: pending.length };
  }, [
    items,
    lastSeq,
    pending.length,
    conversation.id,
    conversation.customer.name,
    me.id,
    t,
    toBottom,
    atEnd,
  ]);

  // The composer grows, a banner appears, a picture arrives: nobody loses their place.
  const ready = query.data !== undefined;
  useEffect(() => {
    const el = scroller.current;
    if (!el || !ready) return;
    const observer = new ResizeObserver(keep);
    observer.observe(el);
    observer.observe(el.firstElementChild!);
    return () => observer.disconnect();
  }, [ready, keep]);

  // Jump to a found message, loading history until it is there.
  const jumped = useRef<number | null>(null);
  const reaching = useRef(false);
  useLayoutEffect(() => {
    const wanted = props.jumpTo;
    if (wanted === null || !items || jumped.current === wanted) return;
    const row = rows.find(
      (one) =>
        one.type === "message" &&
        one.message.seq === wanted &&
        one.message.conversation_id === conversation.id,
    );
    if (row) {
      if (toRow(row.key)) {
        jumped.current = wanted;
        setFlash(wanted);
      }
    } else if ((items[0]?.seq ?? 0) > wanted && query.data?.has_more && !reaching.current) {
      reaching.current = true;
      void loadBack(client, conversation.id, wanted)
        .catch(() => {
          jumped.current = wanted;
        })
        .finally(() => {
          reaching.current = false;
        });
    }
  }, [props.jumpTo, items, rows, from, conversation.id, query.data?.has_more, client, toRow]);
  useEffect(() => {
    if (flash === null) return;
    const timer = setTimeout(() => setFlash(null), 2200);
    return () => clearTimeout(timer);
  }, [flash]);

  if (query.isPending) return <SkeletonRows rows={6} />;
  if (query.error && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;

  const shown = (row: TimelineRow) => {
    switch (row.type) {
      case "talk": {
        const talk =
          row.conversationId === conversation.id ? conversation : other.talks.get(row.conversationId);
        return talk ? <TalkDivider talk={talk} at={row.at} own={talk.id === conversation.id} /> : null;
      }
      case "day":
        return (
          <div className="q-day" role="separator">
            <span>{dayLabel(row.at, locale)}</span>
          </div>
        );
      case "unread":
        return (
          <div className="q-unread" role="separator">
            <span>{t("unread_below")}</span>
          </div>
        );
      case "event":
        return <EventLine message={row.message} foreign={row.message.conversation_id !== conversation.id} />;
      case "handoff":
        return <HandoffCard message={row.message} conversation={conversation} latest={row.latest} />;
      default:
        if (row.message.conversation_id !== conversation.id)
          return (
            <div className="q-elsewhere">
              <Message
                message={row.message}
                first={row.first}
                last={row.last}
                me={me.id}
                customerReadSeq={0}
                flash={false}
                foreign
              />
            </div>
          );
        return (
          <Message
            recallMs={recallMs}
            message={row.message}
            first={row.first}
            last={row.last}
            me={me.id}
            customerReadSeq={conversation.customer_read_seq ?? 0}
            flash={flash === row.message.seq}
          />
        );
    }
  };

  return (
    <div className="q-transcript">
      <div
        ref={scroller}
        className="q-transcript__scroll"
        role="log"
        aria-label={t("transcript")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        onScroll={(event) => {
          hold();
          if (atEnd.current && missed) setMissed(0);
          if (from === 0 && event.currentTarget.scrollTop < 160) void older();
        }}
      >
        <div>
          {from > 0 ? null : loadingOlder ? (
            <div className="q-transcript__older">
              <Spin size="small" />
            </div>
          ) : query.data?.has_more || (wide && elsewhere.hasMore) ? (
            <div className="q-transcript__older">
              <button type="button" className="q-link" onClick={() => void older()}>
                {t("load_older")}
              </button>
            </div>
          ) : (
            <div className="q-transcript__start">
              {t("conversation_start", { number: conversation.number })}
            </div>
          )}
          {from === 0 && others.length ? (
            <div className="q-else-notice">
              {parallel && !wide ? (
                <span>{linking("thread.live", { inbox: parallel.inbox.name })}</span>
              ) : null}
              <button type="button" className="q-link" onClick={() => setWide(!wide)}>
                {wide ? linking("thread.hide") : linking("thread.show", { n: others.length })}
              </button>
              {wide && other.loading ? <Spin size="small" /> : null}
              {wide && other.failed ? (
                <span role="alert">
                  {linking("thread.failed")}{" "}
                  <button type="button" className="q-link" onClick={() => void other.again()}>
                    {linking("thread.retry")}
                  </button>
                </span>
              ) : null}
            </div>
          ) : null}
          {rows.slice(from, to).map((row) => (
            <div key={row.key} data-row={row.key}>
              {shown(row)}
            </div>
          ))}
          {to < rows.length
            ? null
            : pending.map((item) => (
                <Pending key={item.client_id} item={item} name={me.display_name || me.name} me={me.id} />
              ))}
          {typing && to === rows.length ? (
            <div className="q-typing">
              <span className="q-typing__dots" aria-hidden>
                <i />
                <i />
                <i />
              </span>
              <span className="q-typing__text">
                {typing.preview ? (
                  <>
                    {t("typing_preview")} <em>{typing.preview}</em>
                  </>
                ) : (
                  t("typing", { name: customerName(conversation.customer, t) })
                )}
              </span>
            </div>
          ) : null}
        </div>
      </div>
      {missed > 0 ? (
        <button type="button" className="q-pill q-pill--bottom" onClick={toBottom}>
          <ArrowDown size={14} aria-hidden /> {t("missed", { n: missed })}
        </button>
      ) : null}
      <div className="q-sr" aria-live="polite">
        {announcement}
      </div>
    </div>
  );
}
