import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { compare, countsAsUnread } from "../../core/state.ts";
import type { Message } from "../../core/types.ts";
import { dayName } from "../../i18n/format.ts";
import { useApp, useEngine } from "../context.ts";
import { Avatar, BotFace, Icon } from "../icons.tsx";
import { PendingRow, Row } from "./Row.tsx";
import { Welcome } from "./Welcome.tsx";

const NEAR = 80;
const GROUP_MS = 3 * 60_000;

/** The messages. Holds on to the newest while one reads there, and to what one reads otherwise: nothing jumps. */
export function Log({
  onPerson,
  onLeave,
  children,
}: {
  onPerson: () => void;
  onLeave: () => void;
  children?: preact.ComponentChildren;
}) {
  const { engine, t, locale, config, open } = useApp();
  const state = useEngine(engine);
  const box = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const [away, setAway] = useState(false);
  const [olderFailed, setOlderFailed] = useState(false);
  const [loadingOlder, setLoadingOlder] = useState(false);
  const anchor = useRef<{ id: string; top: number } | null>(null);
  const { messages, pending } = state;

  const toEnd = useCallback((smooth = false) => {
    const el = box.current;
    if (!el) return;
    stick.current = true;
    el.scrollTo({ top: el.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    setAway(false);
  }, []);
  const onReady = useCallback(() => {
    if (stick.current) toEnd();
  }, []);

  const older = useCallback(() => {
    if (!engine.state.has_older || loadingOlder) return;
    setLoadingOlder(true);
    setOlderFailed(false);
    engine
      .loadOlder()
      .catch(() => setOlderFailed(true))
      .finally(() => setLoadingOlder(false));
  }, [engine, loadingOlder]);

  const onScroll = () => {
    const el = box.current!;
    const left = el.scrollHeight - el.scrollTop - el.clientHeight;
    stick.current = left < NEAR;
    setAway(left > NEAR * 3);
    if (el.scrollTop < 160 && !olderFailed) older();
    const top = [...el.querySelectorAll<HTMLElement>("[data-id]")].find(
      (row) => row.offsetTop + row.offsetHeight > el.scrollTop,
    );
    anchor.current = top ? { id: top.dataset.id!, top: top.offsetTop - el.scrollTop } : null;
    if (stick.current) markSeen();
  };

  const newestId = messages.at(-1)?.id;
  const oldestId = messages[0]?.id;
  useLayoutEffect(() => {
    const el = box.current;
    if (!el || stick.current || !anchor.current) return;
    const row = el.querySelector<HTMLElement>(`[data-id="${anchor.current.id}"]`);
    if (row) el.scrollTop = row.offsetTop - anchor.current.top;
  }, [oldestId]);
  const lastPending = pending.at(-1)?.client_id;
  useLayoutEffect(() => {
    // What one has just written is always shown.
    if (lastPending) toEnd();
  }, [lastPending]);
  useLayoutEffect(() => {
    if (stick.current) toEnd();
  }, [
    newestId,
    pending.length,
    state.typing?.draft ?? state.typing !== null,
    state.conversation?.status,
    messages.length,
  ]);
  useEffect(() => {
    const el = box.current!;
    const watch = new ResizeObserver(() => {
      if (stick.current) toEnd();
    });
    watch.observe(el);
    watch.observe(el.firstElementChild!);
    return () => watch.disconnect();
  }, []);

  const markSeen = useCallback(() => {
    const last = engine.state.messages.at(-1);
    if (last && stick.current && open && document.visibilityState === "visible") engine.seen(last);
  }, [open]);
  useEffect(() => {
    markSeen();
    document.addEventListener("visibilitychange", markSeen);
    return () => document.removeEventListener("visibilitychange", markSeen);
  }, [newestId, markSeen]);

  const lastOwn = messages.findLast((m) => m.author.kind === "customer");
  const staffRead = state.conversation?.read_seq_by_staff ?? 0;
  const now = new Date();
  const behind = away
    ? messages.filter((m) => countsAsUnread(m) && (!state.read || compare(state.read, m) < 0)).length
    : 0;
  const rows: preact.ComponentChild[] = [];
  let day = "";
  messages.forEach((m, i) => {
    const name = dayName(locale, new Date(m.created_at), now);
    const fresh = name !== day;
    if (fresh) {
      day = name;
      rows.push(
        <div class="day" key={`day-${name}`}>
          <span>{name}</span>
        </div>,
      );
    }
    const before = fresh ? undefined : messages[i - 1];
    const next = messages[i + 1];
    const sameDay = next && dayName(locale, new Date(next.created_at), now) === name;
    rows.push(
      <Row
        key={m.client_id ?? m.id}
        message={m}
        first={!together(before, m)}
        last={!(sameDay && together(m, next))}
        answered={m.kind === "choices" || m.payload.options ? answered(messages, i, pending.length) : false}
        receipt={m === lastOwn && m.conversation_id === state.conversation?.id ? receipt(m, staffRead) : null}
        onPerson={onPerson}
        onLeave={onLeave}
        onReady={onReady}
      />,
    );
  });

  const typing = state.typing;
  const agent = state.conversation?.agent;
  return (
    <div class="log-wrap">
      <div
        class="log"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={t("a11y.log")}
        aria-busy={loadingOlder}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must be able to reach it
        tabIndex={0}
      >
        <div class="log-inner">
          {loadingOlder && (
            <div class="older">
              <span class="spinner" /> {t("chat.older")}
            </div>
          )}
          {olderFailed && (
            <div class="older">
              {t("chat.older_failed")}{" "}
              <button type="button" class="link" onClick={older}>
                {t("error.again")}
              </button>
            </div>
          )}
          {!state.has_older && <Welcome empty={messages.length === 0 && pending.length === 0} />}
          {rows}
          {pending.map((p, i) => (
            <PendingRow
              key={p.client_id}
              pending={p}
              first={i === 0 && messages.at(-1)?.author.kind !== "customer"}
              onReady={onReady}
            />
          ))}
          {typing && (
            <div class="row agent first last">
              <span class="row-face">
                {agent ? (
                  <Avatar name={agent.name} url={agent.avatar_url} size={28} />
                ) : (
                  <BotFace size={28} />
                )}
              </span>
              <div class="row-main">
                {typing.draft ? (
                  <div class="bubble draft" aria-hidden="true">
                    {typing.draft}
                    <small>{t("chat.checking")}</small>
                  </div>
                ) : (
                  <div class="bubble typing" role="status">
                    <span class="sr">
                      {typing.name ? t("chat.typing", { name: typing.name }) : t("chat.typing_someone")}
                    </span>
                    <i />
                    <i />
                    <i />
                  </div>
                )}
              </div>
            </div>
          )}
          {children}
        </div>
      </div>
      {away && (
        <button type="button" class="jump" aria-label={t("a11y.jump")} onClick={() => toEnd(true)}>
          {behind > 0 && t("chat.new_messages", { n: behind })}
          <Icon name="down" size={18} />
        </button>
      )}
    </div>
  );

  function together(a: Message | undefined, b: Message): boolean {
    return (
      a !== undefined &&
      a.kind !== "event" &&
      b.kind !== "event" &&
      a.author.kind === b.author.kind &&
      a.author.id === b.author.id &&
      (a.author.name ?? config.company) === (b.author.name ?? config.company) &&
      Date.parse(b.created_at) - Date.parse(a.created_at) < GROUP_MS
    );
  }
}

function answered(messages: readonly Message[], at: number, pending: number): boolean {
  return pending > 0 || messages.slice(at + 1).some((m) => m.author.kind === "customer");
}

function receipt(m: Message, staffRead: number): "sent" | "delivered" | "read" {
  if (m.delivery === "read" || m.seq <= staffRead) return "read";
  return m.delivery === "delivered" ? "delivered" : "sent";
}
