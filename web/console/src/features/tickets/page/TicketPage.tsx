import { useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { Ticket as TicketIcon } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { Problem } from "@/api/problem";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { realtime } from "@/realtime/client";
import { useSignals } from "@/realtime/signals";
import { EmptyState, ErrorState, LoadingState } from "@/ui/states";
import { useTicket } from "../api";
import type { TicketView } from "../types";
import { Banners } from "./Banners";
import { Composer } from "./Composer";
import { Head } from "./Head";
import { Keys } from "./Keys";
import { Side } from "./Side";
import { useTicketPage } from "./state";
import { Timeline } from "./Timeline";
import "./page.css";

const Dialogs = lazy(() => import("./Dialogs"));

/** `/tickets/R-10023` */
export default function TicketPage() {
  const { number = "" } = useParams({ strict: false }) as { number?: string };
  const query = useTicket(number);
  const ticket = query.data;
  const t = useT("tickets");
  const go = useGo();
  if (!ticket) {
    if (query.error instanceof Problem && (query.error.status === 404 || query.error.status === 403))
      return (
        <EmptyState
          icon={TicketIcon}
          title={t("not_found")}
          hint={t("not_found_hint")}
          action={<Button onClick={() => go("/tickets")}>{t("to_list")}</Button>}
        />
      );
    if (query.error) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
    return <LoadingState />;
  }
  return <TicketDetail key={ticket.id} ticket={ticket} />;
}

const NONE: { id: string; name: string }[] = [];

/** Others who have it open. */
function Company({ id }: { id: string }) {
  const t = useT("tickets");
  const viewers = useSignals((s) => s.viewers[id]) ?? NONE;
  if (viewers.length === 0) return null;
  return (
    <div className="q-tk__company" role="status">
      {t("collision.viewing", { names: viewers.map((v) => v.name).join(t("list_separator")) })}
    </div>
  );
}

export function TicketDetail({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const side = useTicketPage((s) => s.side);
  const dialog = useTicketPage((s) => s.dialog);
  const clash = useTicketPage((s) => s.clash);
  const setDialog = useTicketPage((s) => s.setDialog);
  const may = ticket.may ?? {};

  // Dialogs and the way of writing belong to one ticket.
  useEffect(() => {
    setDialog(null);
    useTicketPage.getState().setClash(null);
    useTicketPage.getState().setMode(may.comment && ticket.customer ? "public" : "note");
    return () => setDialog(null);
  }, [ticket.id, setDialog]);

  useEffect(() => {
    realtime.setViewing(ticket.id);
    return () => realtime.setViewing(null);
  }, [ticket.id]);

  useEffect(() => {
    const before = document.title;
    document.title = `${ticket.ref} ${ticket.title}`;
    return () => {
      document.title = before;
    };
  }, [ticket.ref, ticket.title]);

  return (
    <section className={`q-tk ${side ? "" : "q-tk--wide"}`} aria-label={ticket.ref}>
      <Keys ticket={ticket} />
      <Head ticket={ticket} />
      <div className="q-tk__body">
        <div className="q-tk__main">
          <Company id={ticket.id} />
          <Banners ticket={ticket} />
          <Timeline ticket={ticket} />
          <Composer ticket={ticket} />
        </div>
        {side ? (
          <aside className="q-tk__side" aria-label={t("side.label")}>
            <Side ticket={ticket} />
          </aside>
        ) : null}
      </div>
      {dialog || clash ? (
        <Suspense fallback={null}>
          <Dialogs ticket={ticket} />
        </Suspense>
      ) : null}
    </section>
  );
}
