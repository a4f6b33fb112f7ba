import { Button, Tag } from "antd";
import { ChevronDown, Truck } from "lucide-react";
import { useState } from "react";
import type { ConversationView, Order } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { money } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import { sendMessage } from "../conversation/outbox";
import { known } from "../text";

const COLORS: Record<string, string> = {
  pending: "default",
  paid: "blue",
  packed: "blue",
  shipped: "processing",
  delivered: "success",
  completed: "success",
  cancelled: "default",
  refunding: "warning",
  refunded: "warning",
};

type Loose = Record<string, unknown>;
const str = (value: unknown) => (typeof value === "string" ? value : "");

function trackingOf(logistics: Order["logistics"]): { at: string; text: string }[] {
  const events = (logistics?.events ?? (logistics as Loose | null)?.trace ?? []) as Loose[];
  return Array.isArray(events)
    ? events.map((e) => ({
        at: str(e.at) || str(e.time),
        text: str(e.text) || str(e.description) || str(e.status),
      }))
    : [];
}

function OrderRow({ order, conversation }: { order: Order; conversation?: ConversationView }) {
  const t = useT("inbox");
  const locale = useLocale();
  const [open, setOpen] = useState(false);
  const track = trackingOf(order.logistics).sort((a, b) => (a.at < b.at ? 1 : -1));
  const carrier = order.logistics?.carrier;
  const number =
    order.logistics?.tracking_number ?? str((order.logistics as Loose | null)?.tracking_no) ?? "";
  const first = order.items[0];
  return (
    <div className={`q-order ${open ? "q-order--open" : ""}`}>
      <button type="button" className="q-order__head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="q-order__top">
          <span className="q-num">{order.number}</span>
          <Tag color={COLORS[order.status]}>{known(t, `order_status.${order.status}`, order.status)}</Tag>
          <ChevronDown size={14} aria-hidden />
        </span>
        <span className="q-order__sub">
          <span className="q-ellipsis">
            {first?.name}
            {order.items.length > 1
              ? t("order.more_items", { n: order.items.length - 1, total: order.items.length })
              : ""}
          </span>
          <span className="q-num">{money(order.total_minor, order.currency, locale)}</span>
        </span>
      </button>
      {open ? (
        <div className="q-order__body">
          <div className="q-muted">
            {t("order.placed")} <RelativeTime at={order.placed_at} />
          </div>
          {order.items.map((item, index) => (
            <div key={index} className="q-order__item">
              <span>{item.name}</span>
              <span className="q-num q-muted">
                × {item.quantity ?? (item as Loose as { qty?: number }).qty ?? 1}
              </span>
            </div>
          ))}
          {carrier || number ? (
            <div className="q-order__carrier">
              <Truck size={14} aria-hidden /> {carrier} <span className="q-num">{number}</span>
            </div>
          ) : null}
          {track.length ? (
            <ol className="q-track">
              {track.slice(0, 6).map((event, index) => (
                <li key={index}>
                  <span>{event.text}</span>
                  {event.at ? <RelativeTime at={event.at} className="q-muted" /> : null}
                </li>
              ))}
            </ol>
          ) : null}
          {conversation?.may?.reply ? (
            <Button
              size="small"
              onClick={() => {
                sendMessage({
                  conversation_id: conversation.id,
                  route: "messages",
                  kind: "card",
                  body: "",
                  payload: {
                    type: "order",
                    number: order.number,
                    title: order.number,
                    status: order.status,
                    currency: order.currency,
                    total_minor: order.total_minor,
                    items: order.items.map((i) => ({ name: i.name, quantity: i.quantity ?? 1 })),
                  },
                });
                toast.success(t("order.sent"));
              }}
            >
              {t("order.send")}
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

export function Orders({ orders, conversation }: { orders: Order[]; conversation?: ConversationView }) {
  return orders.map((order) => <OrderRow key={order.number} order={order} conversation={conversation} />);
}
