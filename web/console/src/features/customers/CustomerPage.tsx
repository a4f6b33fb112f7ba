import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { ChevronLeft, MessagesSquare, Ticket, UserX } from "lucide-react";
import { useGet, usePages } from "@/api/hooks";
import { Problem } from "@/api/problem";
import type { ConversationView, Customer, Id, Iso } from "@/api/types";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { CustomerProfile, OrdersOf } from "@/features/inbox/context/CustomerTab";
import { ChannelIcon } from "@/features/inbox/list/Row";
import { customerName, previewText } from "@/features/inbox/text";
import { CustomerTickets } from "@/features/tickets/page/CustomerTickets";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import "@/features/inbox/context/context.css";
import "@/features/inbox/list/list.css";
import "./customers.css";

interface Chapter {
  kind: "conversation" | "ticket";
  id: Id;
  at: Iso;
  conversation: ConversationView | null;
  ticket: { id: Id; ref: string; title: string; status: string; state: { name: string } } | null;
  rating: { score: number; comment: string } | null;
}

function Talk({ conversation: c, rating }: { conversation: ConversationView; rating: Chapter["rating"] }) {
  const t = useT("customers");
  const inbox = useT("inbox");
  return (
    <Link to={`/inbox/all/${c.id}` as string} className="q-timeline__card">
      <span className="q-timeline__top">
        <ChannelIcon channel={c.inbox.channel} />
        <strong>{c.inbox.name}</strong>
        <span className="q-muted">#{c.number}</span>
        <span className={`q-row__tag q-row__tag--${c.status}`}>{inbox(`status.${c.status}`)}</span>
        <RelativeTime at={c.last_message?.at ?? c.created_at} className="q-muted" />
      </span>
      <span className="q-timeline__text">{previewText(c.last_message?.preview, inbox)}</span>
      <span className="q-timeline__meta">
        {c.assignee ? <span>{c.assignee.name}</span> : null}
        {c.queue ? <span>{c.queue.name}</span> : null}
        {c.wrap_up?.note ? <span className="q-ellipsis">{c.wrap_up.note}</span> : null}
        {rating ? (
          <span title={rating.comment || undefined}>
            {t("rated", { score: rating.score })}
            {rating.comment ? ` “${rating.comment}”` : ""}
          </span>
        ) : null}
        {c.tags.map((tag) => (
          <span key={tag} className="q-row__chip">
            {tag}
          </span>
        ))}
      </span>
    </Link>
  );
}

function Timeline({ customerId }: { customerId: string }) {
  const t = useT("customers");
  const pages = usePages<Chapter>(`/customers/${customerId}/story`, { limit: 20 });
  if (pages.isPending) return <SkeletonRows rows={4} avatar={false} />;
  if (pages.error && !pages.data)
    return <ErrorState error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.items.length === 0)
    return (
      <EmptyState icon={MessagesSquare} title={t("no_conversations")} hint={t("no_conversations_hint")} />
    );
  return (
    <>
      <ol className="q-timeline">
        {pages.items.map((one) => (
          <li
            key={one.id}
            className={`q-timeline__item q-timeline__item--${one.conversation?.status ?? one.ticket?.status}`}
          >
            {one.conversation ? <Talk conversation={one.conversation} rating={one.rating} /> : null}
            {one.ticket ? (
              <Link to={`/tickets/${one.ticket.id}` as string} className="q-timeline__card">
                <span className="q-timeline__top">
                  <Ticket size={13} strokeWidth={1.8} aria-hidden />
                  <strong>{one.ticket.ref}</strong>
                  <span className="q-muted">{one.ticket.state.name}</span>
                  <RelativeTime at={one.at} className="q-muted" />
                </span>
                <span className="q-timeline__text">{one.ticket.title}</span>
              </Link>
            ) : null}
          </li>
        ))}
      </ol>
      {pages.hasNextPage ? (
        <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t("load_more")}
        </Button>
      ) : null}
    </>
  );
}

export default function CustomerPage() {
  const t = useT("customers");
  const go = useGo();
  const { customerId = "" } = useParams({ strict: false }) as { customerId?: string };
  const customer = useGet<Customer>(`/customers/${customerId}`);
  // A link that leads to nobody: said once, not by every part of the page.
  const nobody = customer.error instanceof Problem && [404, 422].includes(customer.error.status);
  return (
    <PageFrame
      title={
        <span className="q-crumb">
          <button
            type="button"
            className="q-icon-btn"
            aria-label={t("back")}
            onClick={() => go("/customers")}
          >
            <ChevronLeft size={20} aria-hidden />
          </button>
          {customer.data ? customerName(customer.data, t) : t("title")}
        </span>
      }
    >
      {nobody ? (
        <EmptyState
          icon={UserX}
          title={t("app:errors.not_found")}
          action={<Button onClick={() => go("/customers")}>{t("title")}</Button>}
        />
      ) : (
        <div className="q-customer">
          <div>
            <Panel>
              <div style={{ paddingTop: 14 }}>
                <CustomerProfile customerId={customerId} />
                <OrdersOf customerId={customerId} />
              </div>
            </Panel>
          </div>
          <div>
            <CustomerTickets customerId={customerId} />
            <h2 className="q-customer__h">{t("timeline")}</h2>
            <Timeline customerId={customerId} />
          </div>
        </div>
      )}
    </PageFrame>
  );
}
