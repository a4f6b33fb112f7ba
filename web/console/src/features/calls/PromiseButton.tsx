import { Button, Checkbox, Input, Modal } from "antd";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import { callsChanged, useDialLines } from "./api";

/** Giving one's word to call a customer back. */
export function PromiseButton({
  customerId,
  conversationId,
}: {
  customerId: string;
  conversationId?: string;
}) {
  const t = useT("calls");
  const handles = useCan("conversations.handle");
  const lines = useDialLines();
  const [key, setKey] = useState<string | null>(null);
  const [topic, setTopic] = useState("");
  const [mine, setMine] = useState(true);
  const promise = useAct(
    () =>
      api.post("/callbacks", {
        key,
        customer_id: customerId,
        conversation_id: conversationId ?? null,
        topic,
        mine,
      }),
    {
      onSuccess: () => {
        setKey(null);
        setTopic("");
        toast.success(t("callback.given"));
        callsChanged();
      },
    },
  );
  if (!handles || !lines.length) return null;
  return (
    <>
      <Button size="small" icon={<CalendarClock size={14} />} onClick={() => setKey(newKey())}>
        {t("callback.promise_one")}
      </Button>
      {key ? (
        <Modal
          open
          title={t("callback.promise_one")}
          okText={t("callback.promise")}
          cancelText={t("back")}
          confirmLoading={promise.isPending}
          onCancel={() => setKey(null)}
          onOk={() => promise.mutate(undefined)}
        >
          <div className="q-call__form">
            <label htmlFor="promise-topic">{t("callback.topic")}</label>
            <Input.TextArea
              id="promise-topic"
              autoFocus
              rows={2}
              maxLength={500}
              value={topic}
              onChange={(event) => setTopic(event.target.value)}
            />
            <Checkbox checked={mine} onChange={(event) => setMine(event.target.checked)}>
              {t("callback.myself")}
            </Checkbox>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
