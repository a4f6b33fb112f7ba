import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import type { ConversationView, Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { realtime } from "@/realtime/client";
import { keys } from "@/realtime/live";
import { frameLog } from "@/realtime/log";
import { reduceConversation } from "@/realtime/reducers";
import { useSignals } from "@/realtime/signals";
import { ErrorState, LoadingState } from "@/ui/states";
import { Composer } from "../composer/Composer";
import { useInbox } from "../state";
import { Header } from "./Header";
import { StandIn } from "./StandIn";
import { Transcript } from "./Transcript";
import "./pane.css";
import { customerName } from "../text";

// Forms, pickers and cascades come when the first dialog does.
const Dialogs = lazy(() => import("../actions/Dialogs"));

export function useConversation(id: Id) {
  return useQuery({
    queryKey: keys.conversation(id),
    queryFn: async ({ signal }) => {
      const mark = frameLog.position();
      const view = await api.get<ConversationView>(`/conversations/${id}`, undefined, signal);
      return frameLog.since(mark).reduce(reduceConversation, view);
    },
    staleTime: 20_000,
  });
}

/** Is this person part of it, or only looking over somebody's shoulder? */
export function takesPart(conversation: ConversationView, me: Id): boolean {
  return (
    conversation.assignee?.id === me ||
    conversation.participants.some((p) => p.user_id === me && p.role === "joined")
  );
}

const NONE: { id: string; name: string }[] = [];
const NOBODY: Record<string, { name: string }> = {};

/** Who else is here, and what they do. */
function Collision({ id }: { id: Id }) {
  const t = useT("inbox");
  const viewers = useSignals((s) => s.viewers[id]) ?? NONE;
  const typing = useSignals((s) => s.staffTyping[id]) ?? NOBODY;
  const typists = Object.values(typing).map((p) => p.name);
  const watchers = viewers.filter((v) => !(v.id in typing)).map((v) => v.name);
  if (typists.length === 0 && watchers.length === 0) return null;
  const join = (names: string[]) => names.join(t("list_separator"));
  return (
    <div className={`q-collision ${typists.length ? "q-collision--typing" : ""}`} role="status">
      {typists.length ? <span>{t("collision.typing", { names: join(typists) })}</span> : null}
      {watchers.length ? <span>{t("collision.viewing", { names: join(watchers) })}</span> : null}
    </div>
  );
}

export function ConversationPane(props: { id: Id; jumpTo: number | null }) {
  const t = useT("inbox");
  const me = useMe().user.id;
  const query = useConversation(props.id);
  const conversation = query.data;
  const dialog = useInbox((s) => s.dialog);
  const part = conversation ? takesPart(conversation, me) : false;
  // Where reading stopped when the conversation was opened: the divider stays there while it is on screen.
  const opened = useRef<{ id: Id; after: number | null } | null>(null);
  if (conversation && opened.current?.id !== conversation.id)
    opened.current = {
      id: conversation.id,
      after:
        conversation.unread > 0 && conversation.status !== "bot"
          ? (conversation.staff_read_seq ?? null)
          : null,
    };

  useEffect(() => realtime.watch(props.id), [props.id]);

  // A supervisor looks on unseen; those who take part are shown to each other.
  const silent = conversation ? !part && conversation.may?.monitor === true : true;
  useEffect(() => {
    if (silent) return;
    realtime.setViewing(props.id);
    return () => realtime.setViewing(null);
  }, [props.id, silent]);

  const [visible, setVisible] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const listen = () => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", listen);
    return () => document.removeEventListener("visibilitychange", listen);
  }, []);
  const seq = conversation?.last_seq ?? 0;
  const unread = conversation?.unread ?? 0;
  useEffect(() => {
    if (!part || !visible || unread === 0 || seq === 0) return;
    const timer = setTimeout(
      () => void api.post(`/conversations/${props.id}/read`, { seq }).catch(() => {}),
      500,
    );
    return () => clearTimeout(timer);
  }, [props.id, part, visible, unread, seq]);

  if (query.error && !conversation)
    return (
      <section className="q-pane">
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      </section>
    );
  if (!conversation)
    return (
      <section className="q-pane">
        <LoadingState />
      </section>
    );
  return (
    <section className="q-pane" aria-label={customerName(conversation.customer, t)}>
      <Header conversation={conversation} />
      <Collision id={conversation.id} />
      <Transcript
        key={conversation.id}
        conversation={conversation}
        unreadAfter={opened.current?.after ?? null}
        jumpTo={props.jumpTo}
      />
      <StandIn conversation={conversation} part={part} />
      <Composer conversation={conversation} />
      {dialog ? (
        <Suspense fallback={null}>
          <Dialogs conversation={conversation} />
        </Suspense>
      ) : null}
    </section>
  );
}
