import { Alert, Button, Checkbox, DatePicker, Input, Modal } from "antd";
import type { Dayjs } from "dayjs";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct } from "@/api/hooks";
import { Problem, sentenceOf } from "@/api/problem";
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
  const [number, setNumber] = useState("");
  const [range, setRange] = useState<[Dayjs, Dayjs] | null>(null);
  const promise = useAct(
    () =>
      api.post("/callbacks", {
        key,
        customer_id: customerId,
        conversation_id: conversationId ?? null,
        topic,
        mine,
        number: number.trim() || null,
        promised_from: range?.[0].toISOString() ?? null,
        promised_until: range?.[1].toISOString() ?? null,
      }),
    {
      quiet: true,
      onSuccess: () => {
        setKey(null);
        setTopic("");
        setNumber("");
        setRange(null);
        toast.success(t("callback.given"));
        callsChanged();
      },
    },
  );
  const faults = promise.error instanceof Problem ? promise.error.fields : [];
  const fault = (...fields: string[]) =>
    faults.find((one) => fields.some((field) => one.field.endsWith(field)))?.message;
  const close = () => {
    setKey(null);
    promise.reset();
  };
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
          onCancel={close}
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
            <label htmlFor="promise-number">{t("callback.number")}</label>
            <Input
              id="promise-number"
              type="tel"
              maxLength={40}
              value={number}
              placeholder={t("callback.number_known")}
              status={fault("number") ? "error" : ""}
              aria-describedby="promise-number-fault"
              onChange={(event) => setNumber(event.target.value)}
            />
            <span id="promise-number-fault" className="q-call__fault" role="alert">
              {fault("number")}
            </span>
            <label htmlFor="promise-window">{t("callback.window_or_soon")}</label>
            <DatePicker.RangePicker
              id="promise-window"
              showTime={{ format: "HH:mm", minuteStep: 5 }}
              format="YYYY-MM-DD HH:mm"
              value={range}
              onChange={(value) => setRange(value?.[0] && value[1] ? [value[0], value[1]] : null)}
            />
            <span className="q-call__fault" role="alert">
              {fault("promised_from", "promised_until")}
            </span>
            {promise.error && faults.length === 0 ? (
              <Alert type="error" showIcon title={sentenceOf(promise.error)} />
            ) : null}
            <Checkbox checked={mine} onChange={(event) => setMine(event.target.checked)}>
              {t("callback.myself")}
            </Checkbox>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
