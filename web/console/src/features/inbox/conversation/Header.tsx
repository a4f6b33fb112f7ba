import { Dropdown, Tooltip } from "antd";
import {
  AlarmClock,
  ArrowRightLeft,
  Check,
  Download,
  Flag,
  FlaskConical,
  MoreHorizontal,
  PanelRight,
  Tag as TagIcon,
  TicketPlus,
  UserPlus,
  Waypoints,
} from "lucide-react";
import type { ReactNode } from "react";
import type { ConversationView } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { keyCaps } from "@/app/shortcuts";
import { useAdding } from "@/features/evaluation/adding";
import { startTicket } from "@/features/tickets/create/state";
import MacroMenu from "@/features/tickets/macros/MacroMenu";
import { DueClock } from "@/features/tickets/sla/DueClock";
import { Avatar } from "@/ui/Avatar";
import { confirmLoss } from "@/ui/feedback";
import { useVerbs } from "../actions/verbs";
import { LevelTag } from "../context/CustomerTab";
import { ChannelIcon, PriorityMark, WaitClock } from "../list/Row";
import { type Dialog, useInbox } from "../state";
import { customerName } from "../text";

function Action(props: {
  label: string;
  keys?: string;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
  primary?: boolean;
}) {
  return (
    <Tooltip
      title={
        <>
          {props.label}{" "}
          {props.keys ? <span className="q-tip-key">{keyCaps(props.keys).join("")}</span> : null}
        </>
      }
      mouseEnterDelay={0.4}
    >
      <button
        type="button"
        className={props.primary ? "q-action q-action--primary" : "q-action"}
        aria-label={props.label}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
      </button>
    </Tooltip>
  );
}

export function Header({ conversation: c }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const setDialog = useInbox((s) => s.setDialog);
  const panel = useInbox((s) => s.panel);
  const setPanel = useInbox((s) => s.setPanel);
  const verbs = useVerbs(c.id);
  const may = c.may ?? {};
  const mayAdd = useCan("conversations.handle", "evaluation.manage");
  const makesTickets = useCan("tickets.handle");
  const addToSet = useAdding((state) => state.open);
  const open = (dialog: Dialog) => () => setDialog(dialog);
  return (
    <header className="q-pane__head">
      <Avatar name={customerName(c.customer, t)} id={c.customer.id} size={32} />
      <div className="q-pane__who">
        <div className="q-pane__name">
          <span className="q-ellipsis">{customerName(c.customer, t)}</span>
          <LevelTag level={c.customer.level} />
          <PriorityMark priority={c.priority} />
          {c.waiting_since && (c.status === "assigned" || c.status === "queued") ? (
            <span className="q-pane__wait">
              <WaitClock since={c.waiting_since} />
            </span>
          ) : null}
          {c.promise ? (
            <DueClock
              dueAt={c.promise.due_at}
              kind={c.promise.kind}
              breached={c.promise.breached}
              pausedWhy={c.promise.due_at ? null : c.status === "snoozed" ? "snoozed" : "pending"}
            />
          ) : null}
        </div>
        <div className="q-pane__meta">
          <span className="q-pane__channel">
            <ChannelIcon channel={c.inbox.channel} /> {c.inbox.name}
          </span>
          <span>#{c.number}</span>
          <span>
            {c.status === "assigned" ? (c.assignee?.name ?? t("status.assigned")) : t(`status.${c.status}`)}
          </span>
          {c.tags.map((tag) => (
            <span key={tag} className="q-row__chip q-ellipsis">
              {tag}
            </span>
          ))}
        </div>
      </div>
      <div className="q-pane__actions" role="toolbar" aria-label={t("actions")}>
        <Action label={t("action.assign")} keys="a" disabled={!may.assign} onClick={open("assign")}>
          <UserPlus size={17} strokeWidth={1.8} aria-hidden />
        </Action>
        <Action label={t("action.transfer")} keys="t" disabled={!may.transfer} onClick={open("transfer")}>
          <ArrowRightLeft size={17} strokeWidth={1.8} aria-hidden />
        </Action>
        <Action label={t("action.snooze")} keys="s" disabled={!may.snooze} onClick={open("snooze")}>
          <AlarmClock size={17} strokeWidth={1.8} aria-hidden />
        </Action>
        {may.note ? <MacroMenu key={c.id} conversation={c} compact /> : null}
        <Dropdown
          trigger={["click"]}
          placement="bottomRight"
          menu={{
            items: [
              {
                key: "priority",
                label: t("priority.title"),
                icon: <Flag size={15} />,
                extra: "P",
                onClick: open("priority"),
              },
              {
                key: "tags",
                label: t("tags"),
                icon: <TagIcon size={15} />,
                extra: "L",
                onClick: open("tags"),
              },
              ...(makesTickets
                ? [
                    {
                      key: "ticket",
                      label: t("action.ticket"),
                      icon: <TicketPlus size={15} />,
                      extra: "C",
                      onClick: () => startTicket({ conversationId: c.id }),
                    },
                  ]
                : []),
              ...(mayAdd
                ? [
                    {
                      key: "case",
                      label: t("add_to_set"),
                      icon: <FlaskConical size={15} />,
                      onClick: () => addToSet(c.id),
                    },
                  ]
                : []),
              ...(may.note
                ? [
                    {
                      key: "continue",
                      label: t("action.continue"),
                      icon: <Waypoints size={15} />,
                      onClick: open("continue"),
                    },
                  ]
                : []),
              {
                key: "transcript",
                icon: <Download size={15} />,
                label: (
                  <a href={`/api/v1/conversations/${c.id}/transcript.txt`} download>
                    {t("action.transcript")}
                  </a>
                ),
              },
              ...(may.close
                ? [
                    { type: "divider" as const },
                    {
                      key: "close",
                      danger: true,
                      label: t("action.close"),
                      onClick: () =>
                        void confirmLoss({
                          title: t("close.title"),
                          content: t("close.content"),
                          okText: t("action.close"),
                        }).then((yes) => yes && verbs.close()),
                    },
                  ]
                : []),
            ],
          }}
        >
          <button type="button" className="q-action" aria-label={t("more")} aria-haspopup="menu">
            <MoreHorizontal size={17} strokeWidth={1.8} aria-hidden />
          </button>
        </Dropdown>
        {may.resolve ? (
          <Action label={t("action.resolve")} keys="e" onClick={open("resolve")} primary>
            <Check size={15} strokeWidth={2.2} aria-hidden />
            {t("action.resolve")}
          </Action>
        ) : null}
        <Action label={t(panel ? "panel.hide" : "panel.show")} keys="]" onClick={() => setPanel(!panel)}>
          <PanelRight size={17} strokeWidth={1.8} aria-hidden />
        </Action>
      </div>
    </header>
  );
}
