import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { ChevronLeft, ExternalLink, Plus, Ticket as TicketIcon } from "lucide-react";
import { useState } from "react";
import type { ConversationView, Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { ticketPath, useTicket, useTicketsOf } from "@/features/tickets/api";
import { PriorityBars, StateTag, TypeIcon, useWords } from "@/features/tickets/bits";
import { startTicket } from "@/features/tickets/create/state";
import { Brief } from "@/features/tickets/page/Brief";
import type { TicketView } from "@/features/tickets/types";
import { EmptyState, Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { Section } from "./parts";

function Row({ ticket, onOpen }: { ticket: TicketView; onOpen: (id: Id) => void }) {
  const words = useWords();
  return (
    <button type="button" className="q-tkrow" onClick={() => onOpen(ticket.id)}>
      <span className="q-tkrow__top">
        <TypeIcon icon={ticket.type.icon} size={13} />
        <span className="q-muted q-num" title={words(ticket.type.name)}>
          {ticket.ref}
        </span>
        {ticket.priority > 1 ? <PriorityBars priority={ticket.priority} /> : null}
        <RelativeTime at={ticket.updated_at} className="q-muted" />
      </span>
      <span className="q-ellipsis">{ticket.title}</span>
      <span className="q-tkrow__foot">
        <StateTag status={ticket.status} state={ticket.state} />
        <span className="q-muted q-ellipsis">
          {[ticket.department?.name, ticket.assignee?.name].filter(Boolean).join(" · ")}
        </span>
      </span>
    </button>
  );
}

function Opened({ id, onBack }: { id: Id; onBack: () => void }) {
  const t = useT("tickets");
  const query = useTicket(id);
  return (
    <>
      <div className="q-tkopen">
        <button type="button" className="q-icon-btn" aria-label={t("tab.back")} onClick={onBack}>
          <ChevronLeft size={17} aria-hidden />
        </button>
        {query.data ? <span className="q-num q-muted">{query.data.ref}</span> : null}
        {query.data ? (
          <Link to={ticketPath(query.data) as string}>
            <ExternalLink size={13} aria-hidden /> {t("tab.open_page")}
          </Link>
        ) : null}
      </div>
      <Fetched query={query} compact>
        {(ticket) => <Brief ticket={ticket} />}
      </Fetched>
    </>
  );
}

/** Tickets of this customer, those from this conversation first; one is opened where it stands. */
export function TicketTab({ conversation }: { conversation: ConversationView }) {
  const t = useT("tickets");
  const creates = useCan("tickets.handle");
  const [open, setOpen] = useState<Id | null>(null);
  const query = useTicketsOf(conversation.customer.id);
  if (open)
    return (
      <div className="q-context__body">
        <Opened id={open} onBack={() => setOpen(null)} />
      </div>
    );
  return (
    <div className="q-context__body">
      {creates ? (
        <Button
          block
          icon={<Plus size={15} aria-hidden />}
          onClick={() =>
            startTicket({ conversationId: conversation.id, onCreated: (made) => setOpen(made.id) })
          }
        >
          {t("tab.create")} <kbd>C</kbd>
        </Button>
      ) : null}
      <Fetched
        query={query}
        compact
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState
            icon={TicketIcon}
            compact
            title={t("tab.none")}
            hint={creates ? t("tab.none_hint") : undefined}
          />
        }
      >
        {(list) => {
          const here = list.filter((one) => one.conversation?.id === conversation.id);
          const others = list.filter((one) => one.conversation?.id !== conversation.id);
          return (
            <>
              {here.length > 0 ? (
                <Section title={t("tab.here")}>
                  {here.map((one) => (
                    <Row key={one.id} ticket={one} onOpen={setOpen} />
                  ))}
                </Section>
              ) : null}
              {others.length > 0 ? (
                <Section title={t("tab.others")}>
                  {others.map((one) => (
                    <Row key={one.id} ticket={one} onOpen={setOpen} />
                  ))}
                </Section>
              ) : null}
            </>
          );
        }}
      </Fetched>
    </div>
  );
}
