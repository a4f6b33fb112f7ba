import { Button, Tabs } from "antd";
import { CalendarPlus, Ticket } from "lucide-react";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { ContextPanel } from "@/features/inbox/context/ContextPanel";
import { ConversationPane, useConversation } from "@/features/inbox/conversation/ConversationPane";
import { EmptyState } from "@/ui/states";
import { Appointments } from "./Appointments";
import { BookDialog } from "./BookDialog";
import { Line } from "./Line";
import { MyCounter } from "./MyCounter";
import { TakeDialog } from "./TakeDialog";
import type { Desk } from "./types";

export function DeskView({ desk }: { desk: Desk }) {
  const t = useT("counter");
  const [dialog, setDialog] = useState<"take" | "book" | null>(null);
  const due = desk.appointments.filter((one) => one.state === "booked").length;
  const named = (key: string, n: number) => (n ? t("with_count", { name: t(key), n }) : t(key));
  return (
    <div className="qc-desk">
      <div className="qc-work">
        <MyCounter desk={desk} />
        <section className="qc-lists">
          <Tabs
            tabBarExtraContent={
              <span className="qc-tools">
                <Button icon={<Ticket size={15} aria-hidden />} onClick={() => setDialog("take")}>
                  {t("take.open")}
                </Button>
                {desk.site.services.some((one) => one.slot_capacity > 0) ? (
                  <Button icon={<CalendarPlus size={15} aria-hidden />} onClick={() => setDialog("book")}>
                    {t("book.open")}
                  </Button>
                ) : null}
              </span>
            }
            items={[
              {
                key: "waiting",
                label: named("list.waiting", desk.waiting_total),
                children: <Line desk={desk} which="waiting" />,
              },
              {
                key: "aside",
                label: named("list.aside", desk.parked.length + desk.missed.length),
                children: <Line desk={desk} which="aside" />,
              },
              {
                key: "counters",
                label: named("list.counters", desk.site.counters.filter((one) => one.staff_id).length),
                children: <Line desk={desk} which="counters" />,
              },
              {
                key: "appointments",
                label: named("list.appointments", due),
                children: <Appointments desk={desk} />,
              },
            ]}
          />
        </section>
      </div>
      <div className="qc-side">
        {desk.current ? (
          <Beside key={desk.current.conversation_id} id={desk.current.conversation_id} />
        ) : (
          <EmptyState title={t("nobody_here")} hint={t("nobody_here_hint")} />
        )}
      </div>
      {dialog === "take" ? <TakeDialog desk={desk} close={() => setDialog(null)} /> : null}
      {dialog === "book" ? <BookDialog desk={desk} close={() => setDialog(null)} /> : null}
    </div>
  );
}

/** The customer's card and the conversation of whoever is at the counter. */
function Beside({ id }: { id: string }) {
  const t = useT("counter");
  const conversation = useConversation(id).data;
  return (
    <Tabs
      className="qc-beside"
      items={[
        {
          key: "card",
          label: t("beside.card"),
          children: conversation ? <ContextPanel conversation={conversation} /> : null,
        },
        {
          key: "talk",
          label: t("beside.talk"),
          children: (
            <div className="qc-talk">
              <ConversationPane id={id} jumpTo={null} />
            </div>
          ),
        },
      ]}
    />
  );
}
