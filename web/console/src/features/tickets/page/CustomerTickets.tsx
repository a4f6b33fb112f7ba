import { Button } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { EmptyState, Fetched, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useTicketsOf } from "../api";
import { startTicket } from "../create/state";
import { TicketLine } from "./Related";
import "./page.css";

const SHOWN = 6;

/** The tickets of a customer on their page. */
export function CustomerTickets({ customerId }: { customerId: Id }) {
  const t = useT("tickets");
  const sees = useCan("tickets.handle", "tickets.view_all");
  return sees ? (
    <section className="q-custickets" aria-label={t("customer.title")}>
      <List customerId={customerId} />
    </section>
  ) : null;
}

function List({ customerId }: { customerId: Id }) {
  const t = useT("tickets");
  const creates = useCan("tickets.handle");
  const query = useTicketsOf(customerId);
  const [all, setAll] = useState(false);
  const create = () => startTicket({ customerId });
  useShortcuts([{ keys: "c", group: "ticket", label: t("key.create"), enabled: creates, run: create }]);
  return (
    <>
      <header>
        <h2 className="q-customer__h">{t("customer.title")}</h2>
        {creates ? (
          <Button size="small" icon={<Plus size={14} aria-hidden />} onClick={create}>
            {t("create.title")}
          </Button>
        ) : null}
      </header>
      <div className="q-custickets__list">
        <Fetched
          query={query}
          compact
          loading={<SkeletonRows rows={2} avatar={false} />}
          isEmpty={(list) => list.length === 0}
          empty={<EmptyState compact title={t("customer.none")} />}
        >
          {(list) => (
            <>
              {(all ? list : list.slice(0, SHOWN)).map((one) => (
                <div key={one.id} className="q-custickets__row">
                  <TicketLine ticket={{ ...one, state: one.state.label }} />
                  <RelativeTime at={one.updated_at} className="q-muted" />
                </div>
              ))}
              {list.length > SHOWN && !all ? (
                <button type="button" className="q-link" onClick={() => setAll(true)}>
                  {t("side.all_others", { n: list.length })}
                </button>
              ) : null}
            </>
          )}
        </Fetched>
      </div>
    </>
  );
}
