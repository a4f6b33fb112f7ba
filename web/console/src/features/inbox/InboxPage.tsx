import { useParams, useSearch } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan, useMe } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { GettingStarted } from "@/features/setup/GettingStarted";
import { startTicket } from "@/features/tickets/create/state";
import { EmptyState } from "@/ui/states";
import { useVerbs } from "./actions/verbs";
import { ContextPanel } from "./context/ContextPanel";
import { ConversationPane, useConversation } from "./conversation/ConversationPane";
import { ConversationList, type ListHandle } from "./list/ConversationList";
import { useInbox } from "./state";
import { filterOf } from "./views";
import "./inbox.css";

function Keys(props: {
  list: React.RefObject<ListHandle | null>;
  open: (id: string) => void;
  id: string | null;
}) {
  const t = useT("inbox");
  const go = useGo();
  const focus = useInbox((s) => s.focus);
  const setDialog = useInbox((s) => s.setDialog);
  const panel = useInbox((s) => s.panel);
  const setPanel = useInbox((s) => s.setPanel);
  const on = props.id !== null;
  const step = (by: 1 | -1) => () => props.list.current?.move(by);
  useShortcuts([
    { keys: "j", group: "list", label: t("key.next"), run: step(1) },
    { keys: "k", group: "list", label: t("key.previous"), run: step(-1) },
    { keys: "ArrowDown", group: "list", label: t("key.next"), run: step(1) },
    { keys: "ArrowUp", group: "list", label: t("key.previous"), run: step(-1) },
    {
      keys: "Enter",
      group: "list",
      label: t("key.open"),
      run: () => {
        if (on) return focus();
        const id = props.list.current?.current();
        if (id) props.open(id);
      },
    },
    { keys: "g m", group: "go", label: t("view.mine"), run: () => go("/inbox/mine") },
    { keys: "g q", group: "go", label: t("view.queue"), run: () => go("/inbox/queue") },
    { keys: "g b", group: "go", label: t("view.bot"), run: () => go("/inbox/bot") },
    { keys: "g a", group: "go", label: t("view.live"), run: () => go("/inbox/live") },
    { keys: "r", group: "conversation", label: t("action.reply"), enabled: on, run: () => focus("reply") },
    { keys: "n", group: "conversation", label: t("action.note"), enabled: on, run: () => focus("note") },
    {
      keys: "w",
      group: "conversation",
      label: t("action.whisper"),
      enabled: on,
      run: () => focus("whisper"),
    },
    { keys: "]", group: "conversation", label: t("key.panel"), enabled: on, run: () => setPanel(!panel) },
    { keys: "/", group: "composer", label: t("key.canned"), passive: true, run: () => {} },
    { keys: "#", group: "composer", label: t("key.articles"), passive: true, run: () => {} },
    { keys: "@", group: "composer", label: t("key.mention"), passive: true, run: () => {} },
  ]);
  return props.id ? <ConversationKeys id={props.id} setDialog={setDialog} /> : null;
}

function ConversationKeys(props: {
  id: string;
  setDialog: ReturnType<typeof useInbox.getState>["setDialog"];
}) {
  const t = useT("inbox");
  const me = useMe().user;
  const may = useConversation(props.id).data?.may ?? {};
  const verbs = useVerbs(props.id);
  const makesTickets = useCan("tickets.handle");
  const { setDialog } = props;
  useShortcuts([
    {
      keys: "e",
      group: "conversation",
      label: t("action.resolve"),
      enabled: !!may.resolve,
      run: () => setDialog("resolve"),
    },
    {
      keys: "t",
      group: "conversation",
      label: t("action.transfer"),
      enabled: !!may.transfer,
      run: () => setDialog("transfer"),
    },
    {
      keys: "a",
      group: "conversation",
      label: t("action.assign"),
      enabled: !!may.assign,
      run: () => setDialog("assign"),
    },
    {
      keys: "shift+a",
      group: "conversation",
      label: t("assign.me"),
      enabled: !!may.assign,
      run: () => void verbs.assign(me.id, me.name),
    },
    {
      keys: "s",
      group: "conversation",
      label: t("action.snooze"),
      enabled: !!may.snooze,
      run: () => setDialog("snooze"),
    },
    { keys: "p", group: "conversation", label: t("priority.title"), run: () => setDialog("priority") },
    { keys: "l", group: "conversation", label: t("tags"), run: () => setDialog("tags") },
    {
      keys: "c",
      group: "conversation",
      label: t("action.ticket"),
      enabled: makesTickets,
      run: () => startTicket({ conversationId: props.id }),
    },
  ]);
  return null;
}

export default function InboxPage() {
  const t = useT("inbox");
  const go = useGo();
  const params = useParams({ strict: false }) as { view?: string; conversationId?: string };
  const search = useSearch({ strict: false }) as { at?: number | string };
  const viewParam = params.view ?? "mine";
  const id = params.conversationId ?? null;
  const choices = useInbox((s) => s.choices);
  const panel = useInbox((s) => s.panel);
  const setDialog = useInbox((s) => s.setDialog);
  const list = useRef<ListHandle>(null);
  const filter = useMemo(() => filterOf(viewParam, choices), [viewParam, choices]);
  const open = useCallback((next: string) => go(`/inbox/${viewParam}/${next}`), [go, viewParam]);
  const at = search.at === undefined ? null : Number(search.at);

  // A dialog belongs to the conversation it was opened for; one that is asked for as soon as the next is seen stays.
  useLayoutEffect(() => {
    setDialog(null);
    useInbox.getState().setTab("reply");
  }, [id, setDialog]);
  useEffect(() => {
    try {
      sessionStorage.setItem("qiao.inbox.last", `/inbox/${viewParam}${id ? `/${id}` : ""}`);
    } catch {
      // Only a convenience.
    }
  }, [viewParam, id]);

  return (
    <div className={`q-inbox ${id && panel ? "q-inbox--panel" : ""} ${id ? "q-inbox--open" : ""}`}>
      <Keys list={list} open={open} id={id} />
      <ConversationList ref={list} viewParam={viewParam} filter={filter} selected={id} onOpen={open} />
      {id ? (
        <>
          <ConversationPane key={id} id={id} jumpTo={Number.isFinite(at) ? at : null} />
          {panel ? <PanelFor id={id} /> : null}
        </>
      ) : (
        <section className="q-pane">
          <GettingStarted
            otherwise={
              <EmptyState icon={MessagesSquare} title={t("nothing_open")} hint={t("nothing_open_hint")} />
            }
          />
        </section>
      )}
    </div>
  );
}

function PanelFor({ id }: { id: string }) {
  const conversation = useConversation(id).data;
  return conversation ? <ContextPanel conversation={conversation} /> : <aside className="q-context" />;
}
