import { useLocation } from "@tanstack/react-router";
import { Button, Tag } from "antd";
import { PhoneCall, PhoneIncoming, PhoneOff, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { announce } from "@/app/notify";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { Avatar } from "@/ui/Avatar";
import { Elapsed, RelativeTime } from "@/ui/Time";
import { customerName, previewText } from "../inbox/text";
import { callsChanged, useCallsLive, useCurrentCalls } from "./api";
import type { Call, Candidate, Pop } from "./types";
import "./calls.css";

const phase = (call: Call) =>
  `${call.id}:${call.state === "ringing" ? "ringing" : call.state === "ended" ? "ended" : "talking"}`;

/** On every page: the call at one's telephone, with who it may be. */
export default function Pops() {
  const t = useT("calls");
  const handles = useCan("conversations.handle");
  const pops = useCurrentCalls(handles).data ?? [];
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const told = useRef(new Set<string>());
  useCallsLive();
  useEffect(() => {
    for (const { call } of pops) {
      if (call.state !== "ringing" || told.current.has(call.id)) continue;
      told.current.add(call.id);
      announce({
        kind: "offer",
        title: t("pop.ringing"),
        body: call.customer?.name || call.caller_name || call.number || t("withheld"),
        tag: call.id,
      });
    }
  }, [pops, t]);
  const path = useLocation({ select: (location) => location.pathname });
  // Put away while it rang, it is back when it is answered: then it is one's own. What is before one's eyes, or over
  // while the next call is there, needs no pop.
  const live = pops.some(({ call }) => call.state !== "ended");
  const shown = pops
    .filter(({ call }) => !closed.has(phase(call)) && !(call.state === "ended" && live))
    .filter(({ call }) => !(call.conversation_id && path.endsWith(call.conversation_id)))
    .sort((a, b) => Number(b.call.state === "ringing") - Number(a.call.state === "ringing"));
  return (
    <section className="q-pops" aria-live="assertive" aria-label={t("pop.region")}>
      {shown.slice(0, 2).map((pop, index) => (
        <PopCard
          key={pop.call.id}
          pop={pop}
          first={index === 0}
          onClose={() => setClosed(new Set([...closed, phase(pop.call)]))}
        />
      ))}
    </section>
  );
}

function PopCard({ pop, first, onClose }: { pop: Pop; first: boolean; onClose: () => void }) {
  const { call, candidates } = pop;
  const t = useT("calls");
  const go = useGo();
  const [picked, setPicked] = useState<string | null>(null);
  const choose = useAct((id: string) => api.put(`/calls/${call.id}/customer`, { customer_id: id }), {
    onSuccess: callsChanged,
  });
  const unsure = !call.sure && candidates.length > 1;
  const who = candidates.find((one) => one.customer.id === picked) ?? candidates[0];
  const open = () => {
    if (call.conversation_id) go(`/inbox/mine/${call.conversation_id}`);
    else if (who) go(`/customers/${who.customer.id}`);
    else go("/calls");
  };
  useShortcuts(
    first
      ? [
          { keys: "Enter", group: "conversation", label: t("pop.open"), run: open },
          {
            keys: "shift+Escape",
            group: "conversation",
            label: t("pop.close"),
            inFields: true,
            run: onClose,
          },
        ]
      : [],
  );
  const Icon = call.state === "ringing" ? PhoneIncoming : call.state === "ended" ? PhoneOff : PhoneCall;
  const since = call.state === "ringing" ? call.started_at : call.answered_at;
  return (
    <div className={`q-pop q-pop--${call.state}`} role="alertdialog" aria-label={t(`pop.${call.state}`)}>
      <div className="q-pop__head">
        <Icon size={16} aria-hidden />
        <span>
          {t(call.direction === "outbound" && call.state !== "ended" ? "pop.outgoing" : `pop.${call.state}`)}
        </span>
        {since && call.state !== "ended" ? <Elapsed since={since} short /> : null}
        <Button
          type="text"
          size="small"
          icon={<X size={14} />}
          aria-label={t("pop.close")}
          onClick={onClose}
        />
      </div>
      <div className="q-pop__number q-num">
        {call.number ?? t("withheld")}
        {call.line ? <span className="q-muted"> → {call.line}</span> : null}
      </div>
      {unsure ? (
        <fieldset className="q-pop__choice">
          <legend className="q-muted">{t("pop.several", { n: candidates.length })}</legend>
          {candidates.map((one) => (
            <button
              key={one.customer.id}
              type="button"
              className="q-pop__one"
              aria-pressed={one === who}
              onClick={() => {
                setPicked(one.customer.id);
                choose.mutate(one.customer.id);
              }}
            >
              <Avatar name={customerName(one.customer, t)} id={one.customer.id} size={24} />
              <span className="q-ellipsis">{customerName(one.customer, t)}</span>
              <RelativeTime at={one.last_seen_at} className="q-muted" />
            </button>
          ))}
        </fieldset>
      ) : null}
      {who ? (
        <Glance who={who} quiet={unsure} />
      ) : (
        <p className="q-muted">{t("pop.unknown", { name: call.caller_name })}</p>
      )}
      <Button type="primary" block onClick={open}>
        {t(
          call.conversation_id ? (call.state === "ended" ? "pop.wrap_up" : "pop.open") : "pop.open_customer",
        )}
        {first ? <kbd className="q-offer__key">↵</kbd> : null}
      </Button>
    </div>
  );
}

function Glance({ who, quiet }: { who: Candidate; quiet: boolean }) {
  const t = useT("calls");
  const go = useGo();
  return (
    <div className="q-pop__glance">
      {quiet ? null : (
        <div className="q-pop__who">
          <Avatar name={customerName(who.customer, t)} id={who.customer.id} size={32} />
          <b className="q-ellipsis">{customerName(who.customer, t)}</b>
          {who.customer.level !== "standard" ? <Tag>{t(`inbox:level.${who.customer.level}`)}</Tag> : null}
          {who.customer.blocked ? <Tag color="red">{t("blocked")}</Tag> : null}
        </div>
      )}
      {who.tickets.map((one) => (
        <button key={one.ref} type="button" className="q-pop__line" onClick={() => go(`/tickets/${one.ref}`)}>
          <span className="q-num">{one.ref}</span>
          <span className="q-ellipsis">{one.title}</span>
        </button>
      ))}
      {who.conversations.map((one) => (
        <button key={one.id} type="button" className="q-pop__line" onClick={() => go(`/inbox/all/${one.id}`)}>
          <RelativeTime at={one.at} className="q-muted" />
          <span className="q-ellipsis">{previewText(one.preview, t) || one.inbox}</span>
        </button>
      ))}
      {who.tickets.length + who.conversations.length === 0 ? (
        <p className="q-muted">{t("pop.first_time")}</p>
      ) : null}
    </div>
  );
}
