import { Button, Input } from "antd";
import { Lock } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { RichText } from "@/features/inbox/conversation/RichText";
import { absoluteTime } from "@/lib/format";
import { useTimeline, useType } from "../api";
import { PriorityBars, StateTag, useWords } from "../bits";
import { isEmpty } from "../fields/conditions";
import { FieldValue } from "../fields/FieldValue";
import { DueClock } from "../sla/DueClock";
import type { TicketView } from "../types";
import { Banners } from "./Banners";
import { Entry, useEntryWords } from "./Entry";
import { Moves } from "./Moves";
import { sendComment, useOutbox } from "./outbox";
import { useTicketPage } from "./state";
import "./page.css";

const Dialogs = lazy(() => import("./Dialogs"));

/** A ticket in a narrow column: what it is about, how it stands, the last words, a note, the ways on. */
export function Brief({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const words = useWords();
  const locale = useLocale();
  const me = useMe().user.id;
  const type = useType(ticket.type.key);
  const said = useTimeline(ticket.id, "comments");
  const entryWords = useEntryWords(ticket, said.names);
  const dialog = useTicketPage((s) => s.dialog);
  const clash = useTicketPage((s) => s.clash);
  const unsent = useOutbox((s) => s.items).filter((one) => one.ticketId === ticket.id);
  const [note, setNote] = useState("");
  const specs = (type.data?.definition.fields ?? []).filter((spec) => !isEmpty(ticket.fields[spec.key]));
  const facts: [string, string][] = [
    [t("name.department"), ticket.department?.name ?? t("no_department")],
    [t("name.assignee"), ticket.assignee ? ticket.assignee.name || t("unknown_person") : t("nobody")],
    ...(ticket.due_at
      ? ([[t("name.due_at"), absoluteTime(ticket.due_at, locale).replace(/:\d\d$/, "")]] as [
          string,
          string,
        ][])
      : []),
  ];
  const send = async () => {
    const body = note.trim();
    if (!body) return;
    setNote("");
    if (!(await sendComment({ ticketId: ticket.id, body, public: false, mentions: [], files: [] })))
      setNote(body);
  };
  return (
    <div className="q-brief">
      <h3 className="q-brief__title">{ticket.title}</h3>
      <div className="q-tk__row q-brief__state">
        <StateTag status={ticket.status} state={ticket.state} />
        <PriorityBars priority={ticket.priority} words />
        {ticket.next_due_at ? (
          <DueClock compact dueAt={ticket.next_due_at} breached={ticket.breached} />
        ) : null}
      </div>
      <Banners ticket={ticket} />
      <div className="q-brief__moves">
        <Moves ticket={ticket} />
      </div>
      <dl className="q-tk__fields">
        {facts.map(([name, value]) => (
          <div key={name} className="q-tk__field">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {specs.map((spec) => (
          <div
            key={spec.key}
            className={`q-tk__field ${spec.kind === "table" || spec.kind === "long_text" ? "q-tk__field--tall" : ""}`}
          >
            <dt>{words(spec.label, spec.key)}</dt>
            <dd>
              <FieldValue spec={spec} value={ticket.fields[spec.key]} />
            </dd>
          </div>
        ))}
      </dl>
      {ticket.description ? (
        <div className="q-brief__words">
          <RichText text={ticket.description} />
        </div>
      ) : null}
      {said.items.length > 0 ? <h4 className="q-tk__sub">{t("tab.latest")}</h4> : null}
      {said.items.slice(-4).map((entry) => (
        <Entry key={entry.id} entry={entry} words={entryWords} me={me} ticket={ticket} />
      ))}
      {unsent.map((one) => (
        <p key={one.clientId} className={one.state === "failed" ? "q-error" : "q-muted"}>
          {one.error ?? t("timeline.sending")}
        </p>
      ))}
      {ticket.may?.note ? (
        <div className="q-brief__note">
          <Input.TextArea
            value={note}
            autoSize={{ minRows: 1, maxRows: 6 }}
            maxLength={20_000}
            placeholder={t("composer.placeholder_note")}
            aria-label={t("composer.note")}
            onChange={(event) => setNote(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void send();
            }}
          />
          <Button
            size="small"
            disabled={!note.trim()}
            icon={<Lock size={12} aria-hidden />}
            onClick={() => void send()}
          >
            {t("composer.send_note")}
          </Button>
        </div>
      ) : null}
      {dialog || clash ? (
        <Suspense fallback={null}>
          <Dialogs ticket={ticket} />
        </Suspense>
      ) : null}
    </div>
  );
}
