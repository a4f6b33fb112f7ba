import { Button, Tag } from "antd";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Page } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { known } from "../text";

interface OrderRequest {
  id: string;
  number: number;
  order_number: string;
  kind: string;
  status: string;
  details: Record<string, string | number>;
  created_at: string;
}

const COLORS: Record<string, string> = { requested: "warning", done: "success", rejected: "default" };

/** What a customer has asked for about their orders; staff settle it here. */
export function OrderRequests({ customerId }: { customerId: string }) {
  const t = useT("inbox");
  const may = useCan("conversations.handle", "orders.write");
  const query = { customer_id: customerId, limit: 20 };
  const { data } = useGet<Page<OrderRequest>>("/order-requests", query);
  const decide = useAct(
    ({ id, status }: { id: string; status: "done" | "rejected" }) =>
      api.post(`/order-requests/${id}/decide`, { status }),
    { invalidates: ["/order-requests"] },
  );
  if (!data?.items.length) return null;
  return (
    <ul className="q-requests" aria-label={t("request.title")}>
      {data.items.map((request) => (
        <li key={request.id} className="q-order__body">
          <div>
            <strong>{t(`request.${request.kind}`)}</strong> <span className="q-num">R-{request.number}</span>{" "}
            <Tag color={COLORS[request.status]}>{t(`request.${request.status}`)}</Tag>
          </div>
          <div className="q-muted">
            <span className="q-num">{request.order_number}</span> · <RelativeTime at={request.created_at} />
          </div>
          <div>
            {Object.entries(request.details)
              .filter(([name, value]) => value !== "" && name !== "amount_minor")
              .map(([, value]) => known(t, `request.value.${String(value)}`, String(value)))
              .join(" · ")}
          </div>
          {may && request.status === "requested" ? (
            <div>
              <Button
                size="small"
                loading={decide.isPending}
                onClick={() => decide.mutate({ id: request.id, status: "done" })}
              >
                {t("request.settle")}
              </Button>{" "}
              <Button
                size="small"
                type="text"
                disabled={decide.isPending}
                onClick={() => decide.mutate({ id: request.id, status: "rejected" })}
              >
                {t("request.reject")}
              </Button>
            </div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
