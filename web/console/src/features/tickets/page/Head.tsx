import { useRouter } from "@tanstack/react-router";
import { Button, DatePicker, Dropdown, Input, Popover, Select, Tooltip } from "antd";
import dayjs from "dayjs";
import {
  Bell,
  BellRing,
  CalendarClock,
  ChevronLeft,
  GitMerge,
  Link2,
  MoreHorizontal,
  PanelRight,
  Pause,
  Play,
  Scissors,
  Shapes,
  TicketPlus,
  TrendingUp,
} from "lucide-react";
import { type ComponentProps, useEffect, useRef, useState } from "react";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan, useMe } from "@/app/session";
import { absoluteTime } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { toast } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import { PriorityBars, StateTag, TypeIcon, useWords } from "../bits";
import { startTicket } from "../create/state";
import { DepartmentPicker, PeoplePicker, PersonPicker } from "../fields/pickers";
import { DueClock } from "../sla/DueClock";
import type { TicketView } from "../types";
import { Moves } from "./Moves";
import { MacroSlot } from "./slots";
import { useTicketPage } from "./state";
import { useTicketVerbs } from "./verbs";
import "@/features/inbox/conversation/pane.css";

function Title({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(ticket.title);
  // What stood there when writing began: a change by somebody else since then is not overwritten unseen.
  const since = useRef(ticket.version);
  useEffect(() => {
    if (!editing) setText(ticket.title);
  }, [ticket.title, editing]);
  if (!editing)
    return ticket.may?.edit ? (
      <h1 className="q-tk__title">
        <button
          type="button"
          className="q-tk__edit"
          title={t("head.edit_title")}
          onClick={() => {
            since.current = ticket.version;
            setEditing(true);
          }}
        >
          {ticket.title}
        </button>
      </h1>
    ) : (
      <h1 className="q-tk__title">{ticket.title}</h1>
    );
  const done = async () => {
    const title = text.replace(/\s+/g, " ").trim();
    setEditing(false);
    if (title && title !== ticket.title) await verbs.set({ title }, since.current);
  };
  return (
    <Input
      autoFocus
      className="q-tk__titlebox"
      value={text}
      maxLength={200}
      aria-label={t("head.title")}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => void done()}
      onPressEnter={(event) => {
        if (!event.nativeEvent.isComposing) void done();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        setText(ticket.title);
        setEditing(false);
      }}
    />
  );
}

function Watchers({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const me = useMe().user;
  const verbs = useTicketVerbs(ticket.id);
  const [open, setOpen] = useState(false);
  const [adding, setAdding] = useState<Id[]>([]);
  const list = (ticket.involved ?? []).filter((one) => one.watching);
  const count = ticket.watchers ?? list.length;
  const add = async () => {
    if (adding.length === 0) return;
    if (await verbs.watchers(adding, [])) setAdding([]);
  };
  return (
    <span className="q-tk__watch">
      <Tooltip title={`${t(ticket.watching ? "head.unwatch" : "head.watch")}  W`}>
        <Button
          size="small"
          type="text"
          aria-pressed={ticket.watching ?? false}
          disabled={!ticket.may?.watch}
          icon={ticket.watching ? <BellRing size={15} aria-hidden /> : <Bell size={15} aria-hidden />}
          onClick={() =>
            void verbs.watch(me.id, !ticket.watching, t(ticket.watching ? "done.unwatched" : "done.watching"))
          }
        >
          {t(ticket.watching ? "head.watching" : "head.watch")}
        </Button>
      </Tooltip>
      <Popover
        trigger="click"
        placement="bottomRight"
        open={open}
        onOpenChange={setOpen}
        content={
          <div className="q-tk__watchers">
            {list.length === 0 ? <div className="q-muted">{t("head.no_watchers")}</div> : null}
            <ul>
              {list.map((one) => (
                <li key={one.id}>
                  <Avatar name={one.name} id={one.id} url={one.avatar_url} size={22} />
                  <span className="q-ellipsis">{one.name}</span>
                  {ticket.may?.edit ? (
                    <Button size="small" type="link" onClick={() => void verbs.watchers([], [one.id])}>
                      {t("remove")}
                    </Button>
                  ) : null}
                </li>
              ))}
            </ul>
            {ticket.may?.edit ? (
              <div className="q-tk__row">
                <PeoplePicker
                  value={adding}
                  onChange={setAdding}
                  label={t("head.add_watchers")}
                  placeholder={t("head.add_watchers")}
                  without={list.map((one) => one.id)}
                />
                <Button type="primary" disabled={adding.length === 0} onClick={() => void add()}>
                  {t("add")}
                </Button>
              </div>
            ) : null}
          </div>
        }
      >
        <button type="button" className="q-tk__count" aria-label={t("head.watchers", { n: count })}>
          <span className="q-num">{count}</span>
        </button>
      </Popover>
    </span>
  );
}

type Item = NonNullable<NonNullable<ComponentProps<typeof Dropdown>["menu"]>["items"]>[number];

function Menu({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const setDialog = useTicketPage((s) => s.setDialog);
  const verbs = useTicketVerbs(ticket.id);
  const creates = useCan("tickets.handle");
  const may = ticket.may ?? {};
  const entry = (on: boolean | undefined, item: Item): Item[] => (on ? [item] : []);
  const items = [
    ...entry(may.escalate, {
      key: "escalate",
      icon: <TrendingUp size={15} />,
      label: t("head.escalate"),
      extra: "U",
      onClick: () => setDialog({ kind: "escalate" }),
    }),
    ...entry(may.hold && ticket.status !== "on_hold", {
      key: "hold",
      icon: <Pause size={15} />,
      label: t("head.hold"),
      onClick: () => setDialog({ kind: "hold" }),
    }),
    ...entry(may.hold && ticket.status === "on_hold", {
      key: "release",
      icon: <Play size={15} />,
      label: t("head.release"),
      onClick: () => void verbs.run("post", "/release", { reason: "" }, t("hold.released")),
    }),
    ...entry(may.merge, {
      key: "merge",
      icon: <GitMerge size={15} />,
      label: t("head.merge"),
      extra: "M",
      onClick: () => setDialog({ kind: "merge" }),
    }),
    ...entry(may.split, {
      key: "split",
      icon: <Scissors size={15} />,
      label: t("head.split"),
      onClick: () => setDialog({ kind: "split" }),
    }),
    ...entry(may.edit, {
      key: "type",
      icon: <Shapes size={15} />,
      label: t("head.change_type"),
      onClick: () => setDialog({ kind: "type" }),
    }),
    ...entry(may.link && creates, {
      key: "child",
      icon: <TicketPlus size={15} />,
      label: t("head.child"),
      onClick: () =>
        startTicket({
          parent: { id: ticket.id, ref: ticket.ref, title: ticket.title },
          customerId: ticket.customer?.id,
        }),
    }),
    {
      key: "link",
      icon: <Link2 size={15} />,
      label: t("head.copy_link"),
      onClick: () =>
        void navigator.clipboard
          ?.writeText(`${location.origin}/console/tickets/${ticket.ref}`)
          .then(() => toast.success(t("head.copied"))),
    },
  ];
  return (
    <Dropdown trigger={["click"]} placement="bottomRight" menu={{ items }}>
      <button type="button" className="q-action" aria-label={t("more")} aria-haspopup="menu">
        <MoreHorizontal size={17} strokeWidth={1.8} aria-hidden />
      </button>
    </Dropdown>
  );
}

/** Everything one wants to know at a glance, changed where it stands. */
function Facts({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const locale = useLocale();
  const me = useMe().user;
  const verbs = useTicketVerbs(ticket.id);
  const may = ticket.may ?? {};
  return (
    <div className="q-tk__facts">
      <StateTag status={ticket.status} state={ticket.state} />
      {ticket.next_due_at ? <DueClock dueAt={ticket.next_due_at} breached={ticket.breached} /> : null}
      <span className="q-tk__fact">
        {may.edit ? (
          <Select
            size="small"
            variant="borderless"
            popupMatchSelectWidth={false}
            aria-label={t("name.priority")}
            value={ticket.priority}
            options={[3, 2, 1, 0].map((priority) => ({
              value: priority,
              label: <PriorityBars priority={priority} words />,
            }))}
            onChange={(priority) => void verbs.set({ priority }, ticket.version)}
          />
        ) : (
          <PriorityBars priority={ticket.priority} words />
        )}
      </span>
      <span className="q-tk__fact" title={t("name.tier")}>
        {t(`tier.${ticket.tier}`)}
      </span>
      <span className="q-tk__fact q-tk__fact--pick">
        <span className="q-muted">{t("name.department")}</span>
        {may.assign ? (
          <DepartmentPicker
            size="small"
            variant="borderless"
            label={t("name.department")}
            placeholder={t("no_department")}
            value={ticket.department?.id ?? null}
            known={ticket.department}
            onChange={(department_id) => void verbs.assign({ department_id }, t("assign.done"))}
          />
        ) : (
          <span>{ticket.department?.name ?? t("no_department")}</span>
        )}
      </span>
      <span className="q-tk__fact q-tk__fact--pick">
        <span className="q-muted">{t("name.assignee")}</span>
        {may.assign ? (
          <PersonPicker
            size="small"
            variant="borderless"
            label={t("name.assignee")}
            placeholder={t("nobody")}
            me={me.id}
            value={ticket.assignee?.id ?? null}
            known={ticket.assignee}
            onChange={(user_id) => void verbs.assign({ user_id }, t("assign.done"))}
          />
        ) : (
          <span>{ticket.assignee ? ticket.assignee.name || t("unknown_person") : t("nobody")}</span>
        )}
        {may.assign && ticket.assignee?.id !== me.id ? (
          <Button
            size="small"
            type="link"
            onClick={() => void verbs.assign({ user_id: me.id }, t("assign.taken"))}
          >
            {t("head.assign_me")}
          </Button>
        ) : null}
      </span>
      <span className="q-tk__fact">
        <CalendarClock size={14} className="q-muted" aria-hidden />
        {may.edit ? (
          <DatePicker
            size="small"
            variant="borderless"
            showTime={{ format: "HH:mm" }}
            format="YYYY-MM-DD HH:mm"
            suffixIcon={null}
            aria-label={t("name.due_at")}
            placeholder={t("name.due_at")}
            value={ticket.due_at ? dayjs(ticket.due_at) : null}
            onChange={(at) => void verbs.set({ due_at: at ? at.toISOString() : null }, ticket.version)}
            style={{ width: 148 }}
          />
        ) : (
          <span>{ticket.due_at ? absoluteTime(ticket.due_at, locale) : t("nothing")}</span>
        )}
      </span>
      <span className="q-tk__fact q-muted">
        {t("name.created")} <RelativeTime at={ticket.created_at} />
        <span aria-hidden>·</span>
        {t(`source.${ticket.source}`)}
      </span>
    </div>
  );
}

export function Head({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const words = useWords();
  const go = useGo();
  const router = useRouter();
  const side = useTicketPage((s) => s.side);
  const setSide = useTicketPage((s) => s.setSide);
  return (
    <header className="q-tk__head">
      <div className="q-tk__bar">
        <button
          type="button"
          className="q-icon-btn"
          aria-label={t("back")}
          onClick={() => (router.history.canGoBack() ? router.history.back() : go("/tickets"))}
        >
          <ChevronLeft size={19} aria-hidden />
        </button>
        <span className="q-tk__ref q-num">{ticket.ref}</span>
        <span className="q-tk__type">
          <TypeIcon icon={ticket.type.icon} size={14} /> {words(ticket.type.name, ticket.type.key)}
        </span>
        <span className="q-tk__gap" />
        <Watchers ticket={ticket} />
        <MacroSlot ticket={ticket} />
        <Menu ticket={ticket} />
        <Moves ticket={ticket} />
        <Tooltip title={`${t("key.panel")}  ]`}>
          <button
            type="button"
            className="q-action"
            aria-label={t("key.panel")}
            aria-pressed={side}
            onClick={() => setSide(!side)}
          >
            <PanelRight size={17} strokeWidth={1.8} aria-hidden />
          </button>
        </Tooltip>
      </div>
      <Title ticket={ticket} />
      <Facts ticket={ticket} />
    </header>
  );
}
