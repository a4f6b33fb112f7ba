import { Tabs } from "antd";
import { useState } from "react";
import type { ConversationView } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { AssistTab } from "../assist/AssistTab";
import { CustomerTab } from "./CustomerTab";
import { NotesTab } from "./NotesTab";
import { RoutingTab } from "./RoutingTab";
import { TicketTab } from "./TicketTab";
import "./context.css";

/** Everything about the customer and the conversation, beside it. */
export function ContextPanel({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const customers = useCan("customers.view");
  const tickets = useCan("tickets.handle", "tickets.view_all");
  const [tab, setTab] = useState(customers ? "customer" : "notes");
  return (
    <aside className="q-context" aria-label={t("context.label")}>
      <Tabs
        size="small"
        tabBarGutter={18}
        activeKey={tab}
        onChange={setTab}
        destroyOnHidden
        items={[
          ...(customers
            ? [
                {
                  key: "customer",
                  label: t("context.customer"),
                  children: <CustomerTab key={conversation.id} conversation={conversation} />,
                },
              ]
            : []),
          {
            key: "assist",
            label: t("context.assist"),
            children: <AssistTab conversation={conversation} />,
          },
          ...(tickets
            ? [
                {
                  key: "tickets",
                  label: t("context.tickets"),
                  children: <TicketTab key={conversation.id} conversation={conversation} />,
                },
              ]
            : []),
          { key: "notes", label: t("context.notes"), children: <NotesTab conversation={conversation} /> },
          {
            key: "routing",
            label: t("context.routing"),
            children: <RoutingTab conversation={conversation} />,
          },
        ]}
      />
    </aside>
  );
}
