import { Input, Modal, Segmented } from "antd";
import { Bot } from "lucide-react";
import { useState } from "react";
import { useGet } from "@/api/hooks";
import type { Agent, DirectoryEntry } from "@/api/types";
import { useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { nameMatches } from "@/lib/names";
import { useSteadyOrder } from "@/lib/steady";
import { Avatar } from "@/ui/Avatar";
import { EmptyState, Fetched } from "@/ui/states";
import { Elapsed } from "@/ui/Time";
import { useQueuesLive } from "../list/ListHeader";
import type { DialogProps } from "./Dialogs";
import { useVerbs } from "./verbs";

type Kind = "user" | "queue" | "bot";
const RANK = { online: 0, busy: 1, away: 2, offline: 3 } as const;

const freest = (a: Agent, b: Agent) =>
  RANK[a.state] - RANK[b.state] || a.load / (a.capacity || 1) - b.load / (b.capacity || 1);

/** Colleagues, the free ones first as it was when the list opened; the load says who can take it. */
export function PeopleList(props: {
  value: string | null;
  onChange: (id: string, name: string) => void;
  exclude?: string[];
}) {
  const t = useT("inbox");
  const [word, setWord] = useState("");
  const agents = useGet<Agent[] | { items: Agent[] }>("/agents", undefined, { staleTime: 5000 });
  // Lists show what people are called; whoever knows only the other name finds them all the same.
  const everybody = useGet<DirectoryEntry[] | { items: DirectoryEntry[] }>("/directory", undefined, {
    staleTime: 60_000,
  });
  const legal = new Map((everybody.data ? listOf(everybody.data) : []).map((p) => [p.id, p.name]));
  const people = useSteadyOrder(
    [...(agents.data ? listOf(agents.data) : [])].sort(freest),
    (one) => one.user.id,
    agents.isSuccess && !agents.isFetching,
  );
  return (
    <>
      <Input
        autoFocus
        allowClear
        placeholder={t("transfer.search_people")}
        aria-label={t("transfer.search_people")}
        value={word}
        onChange={(event) => setWord(event.target.value)}
        style={{ marginBottom: 8 }}
      />
      <Fetched query={agents}>
        {() => {
          const list = people.filter(
            (a) =>
              !props.exclude?.includes(a.user.id) && nameMatches(word, a.user.name, legal.get(a.user.id)),
          );
          if (list.length === 0) return <EmptyState title={t("transfer.nobody")} compact />;
          return (
            <div className="q-pick" role="radiogroup" aria-label={t("transfer.person")}>
              {list.map((agent) => (
                <button
                  key={agent.user.id}
                  type="button"
                  role="radio"
                  aria-checked={props.value === agent.user.id}
                  className={`q-pick__item ${props.value === agent.user.id ? "q-pick__item--on" : ""}`}
                  onClick={() => props.onChange(agent.user.id, agent.user.name)}
                >
                  <Avatar
                    name={agent.user.name}
                    id={agent.user.id}
                    url={agent.user.avatar_url}
                    size={30}
                    state={agent.state}
                  />
                  <span className="q-pick__main">
                    <span>{agent.user.name}</span>
                    <small>
                      {t(`state.${agent.state}`)}
                      {agent.since && agent.state !== "online" ? (
                        <>
                          {" · "}
                          <Elapsed since={agent.since} short />
                        </>
                      ) : null}
                    </small>
                  </span>
                  <span
                    className={`q-num q-pick__load ${agent.load >= agent.capacity ? "q-pick__load--full" : ""}`}
                    title={t("transfer.load")}
                  >
                    {agent.load} / {agent.capacity}
                  </span>
                </button>
              ))}
            </div>
          );
        }}
      </Fetched>
    </>
  );
}

export function TransferDialog({ conversation, close }: DialogProps) {
  const t = useT("inbox");
  const verbs = useVerbs(conversation.id);
  const live = useQueuesLive();
  // Figures are of one's own queues only; a conversation may be passed on to any.
  const all = useGet<{ id: string; name: string; active: boolean }[]>("/queues", undefined, {
    staleTime: 60_000,
  });
  const queues = (all.data ? listOf(all.data) : []).filter((queue) => queue.active);
  const [kind, setKind] = useState<Kind>("user");
  const [target, setTarget] = useState<{ id: string; name: string } | null>(null);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const ready = kind === "bot" || target !== null;

  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    const ok = await verbs.transfer(
      kind === "bot" ? { type: "bot" } : { type: kind, id: target!.id },
      note.trim(),
      kind === "bot" ? t("bot") : target!.name,
    );
    setBusy(false);
    if (ok) close();
  };

  return (
    <Modal
      open
      title={t("transfer.title")}
      onCancel={close}
      onOk={() => void submit()}
      okText={t("transfer.submit")}
      okButtonProps={{ disabled: !ready }}
      confirmLoading={busy}
      width={480}
    >
      <Segmented<Kind>
        block
        value={kind}
        aria-label={t("transfer.title")}
        onChange={(value) => {
          setKind(value);
          setTarget(null);
        }}
        options={[
          { value: "user", label: t("transfer.person") },
          { value: "queue", label: t("transfer.queue") },
          { value: "bot", label: t("transfer.bot") },
        ]}
        style={{ marginBottom: 12 }}
      />
      {kind === "user" ? (
        <PeopleList
          value={target?.id ?? null}
          onChange={(id, name) => setTarget({ id, name })}
          exclude={conversation.assignee ? [conversation.assignee.id] : []}
        />
      ) : kind === "queue" ? (
        <div className="q-pick" role="radiogroup" aria-label={t("transfer.queue")}>
          {queues.map((queue) => {
            const figures = live.find((one) => one.queue.id === queue.id);
            return (
              <button
                key={queue.id}
                type="button"
                role="radio"
                aria-checked={target?.id === queue.id}
                className={`q-pick__item ${target?.id === queue.id ? "q-pick__item--on" : ""}`}
                onClick={() => setTarget({ id: queue.id, name: queue.name })}
              >
                <span className="q-pick__main">
                  <span>{queue.name}</span>
                  {figures ? (
                    <small>
                      {figures.open
                        ? t("transfer.queue_figures", {
                            waiting: figures.waiting,
                            online: figures.agents_online,
                          })
                        : t("transfer.queue_closed")}
                    </small>
                  ) : null}
                </span>
              </button>
            );
          })}
          {queues.length === 0 ? <EmptyState title={t("transfer.no_queues")} compact /> : null}
        </div>
      ) : (
        <div className="q-pick__bot">
          <Bot size={18} aria-hidden />
          {t("transfer.bot_hint")}
        </div>
      )}
      <Input.TextArea
        value={note}
        onChange={(event) => setNote(event.target.value)}
        autoSize={{ minRows: 2, maxRows: 6 }}
        maxLength={2000}
        placeholder={t("transfer.note_placeholder")}
        aria-label={t("transfer.note_placeholder")}
        style={{ marginTop: 12 }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit();
        }}
      />
    </Modal>
  );
}
