import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";

import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import type { MessageView } from "@/api/types";
import { useT } from "@/app/i18n";

interface Delivery {
  message_id: string;
  state: string;
  attempts: number;
  reason: string | null;
  may_retry: boolean;
  at: string;
}

/** Why a message did not reach its customer, and a way to send it again. */
export function Failure(props: { message: MessageView }) {
  const t = useT("inbox/channel");
  const { message: m } = props;
  const found = useQuery({
    queryKey: ["/channels/deliveries", m.id],
    queryFn: ({ signal }) =>
      api.get<Delivery[]>(
        "/channels/deliveries",
        { conversation_id: m.conversation_id, message_id: m.id },
        signal,
      ),
  });
  const retry = useAct(() => api.post(`/channels/deliveries/${m.id}/retry`));
  const delivery = found.data?.[0];
  if (!delivery) return null;
  return (
    <span className="q-msg__error" role="alert">
      {delivery.reason ?? t("not_delivered")}
      {delivery.may_retry ? (
        <Button size="small" type="link" loading={retry.isPending} onClick={() => retry.mutate(undefined)}>
          {t("send_again")}
        </Button>
      ) : null}
    </span>
  );
}
