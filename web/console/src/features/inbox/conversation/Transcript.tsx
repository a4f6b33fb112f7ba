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
import { fetchMessages, loadOlder } from "@/realtime/transcript";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { EventLine } from "./EventLine";
import { HandoffCard } from "./HandoffCard";
import { Message, Pending } from "./Message";
import { useOutbox } from "./outbox";
import { buildTimeline } from "./timeline";
import "./transcript.css";
import "@/features/customers/linking/linking.css";
import { customerName } from "../text";

const NEAR = 80;

/** Brings a line to the middle of the transcript without moving anything around it. */
function centre(scroller: HTMLElement, target: Element): void {
  const box = scroller.getBoundingClientRect();
  const at = target.getBoundingClientRect();
  scroller.scrollTop += at.top - box.top - box.height / 2 + at.height / 2;
}

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
  const atBottom = useRef(true);
  const anchor = useRef<{ height: number; top: number } | null>(null);
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
  const channels = useGet<{ name: string; recall_hours: number | null }[]>("/channels", undefined, {
    staleTime: 600_000,
  });
  const channel = channels.data?.find((one) => one.name === conversation.inbox.channel);
  const recallMs =
    !channel || channel.name === "webchat"
      ? undefined
      : channel.recall_hours
        ? channel.recall_hours * 3_600_000
        : null;
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

  const toBottom = useCallback((smooth = false) => {
    const el = scroller.current;
    el?.scrollTo({ top: el.scrollHeight, behavior: smooth ? "smooth" : "auto" });
    atBottom.current = true;
    setMissed(0);
  }, []);

  const older = useCallback(async () => {
    const el = scroller.current;
    const next = wide ? nextToLoad(own, elsewhere) : query.data?.has_more ? "own" : null;
    if (!el || loadingOlder || !next) return;
    setLoadingOlder(true);
    anchor.current = { height: el.scrollHeight, top: el.scrollTop };
    try {
      if (next === "own") await loadOlder(client, conversation.id);
      else await other.more();
    } catch {
      anchor.current = null;
    } finally {
      setLoadingOlder(false);
    }
  }, [client, conversation.id, loadingOlder, query.data?.has_more, wide, own, elsewhere, other.more]);

  // First sight of a conversation: the unread line if there is one, else the end.
  const opened = useRef<string | null>(null);
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el || !items || opened.current === conversation.id) return;
    opened.current = conversation.id;
    const divider = el.querySelector(".q-unread");
    if (divider && props.jumpTo === null) {
      centre(el, divider);
      atBottom.current = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
    } else toBottom();
  }, [items, conversation.id, toBottom, props.jumpTo]);

  // Keep the place when history is put in above; follow the end only when already there.
  const lastSeq = items?.at(-1)?.seq ?? 0;
  const seen = useRef({ id: "", seq: 0, pending: 0 });
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el || !items) return;
    if (anchor.current && !loadingOlder) {
      el.scrollTop = el.scrollHeight - anchor.current.height + anchor.current.top;
      anchor.current = null;
    }
    const before = seen.current;
    if (before.id === conversation.id) {
      const added = items.filter((m) => m.seq > before.seq);
      const own = pending.length > before.pending || added.some((m) => m.author.id === me.id);
      if (added.length || pending.length !== before.pending) {
        if (atBottom.current || own) toBottom();
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
    loadingOlder,
  ]);

  useLayoutEffect(() => {
    if (typing && atBottom.current) toBottom();
  }, [typing, toBottom]);

  // The composer grows, a banner appears: who was at the end stays there.
  const ready = query.data !== undefined;
  useEffect(() => {
    const el = scroller.current;
    if (!el || !ready) return;
    const observer = new ResizeObserver(() => {
      if (atBottom.current) el.scrollTop = el.scrollHeight;
    });
    observer.observe(el);
    return () => observer.disconnect();
  }, [ready]);

  // Jump to a found message, loading history until it is there.
  const jumping = useRef<string | null>(null);
  useEffect(() => {
    if (props.jumpTo === null || !items) return;
    const key = `${conversation.id}:${props.jumpTo}`;
    if (jumping.current === key) return;
    const target = document.getElementById(`m-${props.jumpTo}`);
    if (target) {
      jumping.current = key;
      if (scroller.current) centre(scroller.current, target);
      atBottom.current = false;
      setFlash(props.jumpTo);
      const timer = setTimeout(() => setFlash(null), 2200);
      return () => clearTimeout(timer);
    }
    if ((items[0]?.seq ?? 0) > props.jumpTo && query.data?.has_more) void loadOlder(client, conversation.id);
    return;
  }, [props.jumpTo, items, conversation.id, query.data?.has_more, client]);

  if (query.isPending) return <SkeletonRows rows={6} />;
  if (query.error && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;

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
          const el = event.currentTarget;
          atBottom.current = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
          if (atBottom.current && missed) setMissed(0);
          if (el.scrollTop < 160) void older();
        }}
      >
        {loadingOlder ? (
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
        {others.length ? (
          <div className="q-else-notice">
            {parallel && !wide ? <span>{linking("thread.live", { inbox: parallel.inbox.name })}</span> : null}
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
        {rows.map((row) => {
          switch (row.type) {
            case "talk": {
              const talk =
                row.conversationId === conversation.id ? conversation : other.talks.get(row.conversationId);
              return talk ? (
                <TalkDivider key={row.key} talk={talk} at={row.at} own={talk.id === conversation.id} />
              ) : null;
            }
            case "day":
              return (
                <div key={row.key} className="q-day" role="separator">
                  <span>{dayLabel(row.at, locale)}</span>
                </div>
              );
            case "unread":
              return (
                <div key={row.key} className="q-unread" role="separator">
                  <span>{t("unread_below")}</span>
                </div>
              );
            case "event":
              return (
                <EventLine
                  key={row.key}
                  message={row.message}
                  foreign={row.message.conversation_id !== conversation.id}
                />
              );
            case "handoff":
              return (
                <HandoffCard
                  key={row.key}
                  message={row.message}
                  conversation={conversation}
                  latest={row.latest}
                />
              );
            default:
              if (row.message.conversation_id !== conversation.id)
                return (
                  <div key={row.key} className="q-elsewhere">
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
                  key={row.key}
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
        })}
        {pending.map((item) => (
          <Pending key={item.client_id} item={item} name={me.display_name || me.name} me={me.id} />
        ))}
        {typing ? (
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
      {missed > 0 ? (
        <button type="button" className="q-pill q-pill--bottom" onClick={() => toBottom(true)}>
          <ArrowDown size={14} aria-hidden /> {t("missed", { n: missed })}
        </button>
      ) : null}
      <div className="q-sr" aria-live="polite">
        {announcement}
      </div>
    </div>
  );
}
