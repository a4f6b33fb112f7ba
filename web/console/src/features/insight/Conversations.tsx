import { Tag } from "antd";
import type { ConversationView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { customerName } from "@/features/inbox/text";
import { duration } from "@/lib/format";
import { useNow } from "@/ui/Time";
import { type Column, DataTable, usePages } from "../settings/kit";
import { waitTone } from "./model";
import { useLive } from "./Wallboard";

export type Where =
  | { kind: "live" }
  | { kind: "queue"; id: string; name: string }
  | { kind: "agent"; id: string; name: string };

function query(where: Where) {
  if (where.kind === "queue") return { view: "queue", queue_id: where.id, sort: "waiting", limit: 50 };
  if (where.kind === "agent") return { view: "live", assignee_id: where.id, sort: "waiting", limit: 50 };
  return { view: "live", sort: "waiting", limit: 20 };
}

/** Who waits and who is being helped, longest wait first; a click opens the conversation. */
export function Conversations(props: { where: Where }) {
  const t = useT("insight");
  const inbox = useT("inbox");
  const locale = useLocale();
  const go = useGo();
  const now = useNow(1);
  const list = usePages<ConversationView>("/conversations", query(props.where));
  useLive(["/conversations"]);
  const open = (conversation: ConversationView) => go(`/inbox/all/${conversation.id}`);
  const columns: Column<ConversationView>[] = [
    {
      key: "customer",
      title: t("conversation.customer"),
      fixedIn: true,
      render: (_, conversation) => (
        <div className="qi-who">
          <button type="button" className="qk-linkish" onClick={() => open(conversation)}>
            <strong>{customerName(conversation.customer, inbox)}</strong>
          </button>{" "}
          <span className="qk-muted qk-num">#{conversation.number}</span>
          <div className="qk-muted qk-clip">{conversation.last_message?.preview}</div>
        </div>
      ),
    },
    {
      key: "wait",
      title: t("conversation.wait"),
      width: 120,
      render: (_, conversation) => {
        if (!conversation.waiting_since) return <span className="qk-muted">–</span>;
        const seconds = Math.max(0, (now - Date.parse(conversation.waiting_since)) / 1000);
        return (
          <span className={`qk-num qi-text-${waitTone(seconds, 120)}`}>{duration(seconds, locale)}</span>
        );
      },
    },
    {
      key: "status",
      title: t("conversation.status"),
      render: (_, conversation) => <Tag>{t(`conversation.states.${conversation.status}`)}</Tag>,
    },
    {
      key: "queue",
      title: t("conversation.queue"),
      extra: props.where.kind === "queue",
      render: (_, conversation) => conversation.queue?.name ?? "–",
    },
    {
      key: "agent",
      title: t("conversation.agent"),
      extra: props.where.kind === "agent",
      render: (_, conversation) => conversation.assignee?.name ?? "–",
    },
  ];
  return (
    <DataTable
      id={`wall-${props.where.kind}`}
      label={t("wall.conversations")}
      rows={list.rows}
      rowKey="id"
      columns={columns}
      loading={list.loading}
      error={list.error}
      more={list.more}
      onOpen={open}
      emptyTitle={t(props.where.kind === "queue" ? "conversation.noneWaiting" : "conversation.none")}
      table={{ size: "small" }}
    />
  );
}
