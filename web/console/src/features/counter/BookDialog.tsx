import { Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { EmptyState, Fetched } from "@/ui/states";
import { counterChanged } from "./api";
import { dayAt, inWords, wallClock } from "./model";
import type { Booking, Desk, SlotDay } from "./types";

interface Fields {
  name: string;
  phone?: string;
  note?: string;
}

/** Staff book for somebody who calls or stands there. */
export function BookDialog({ desk, close }: { desk: Desk; close: () => void }) {
  const t = useT("counter");
  const locale = useLocale();
  const [form] = Form.useForm<Fields>();
  const bookable = desk.site.services.filter((one) => one.slot_capacity > 0);
  const [service, setService] = useState(bookable[0]?.id ?? "");
  const [week, setWeek] = useState(0);
  const [slot, setSlot] = useState<string | null>(null);
  const [key] = useState(newKey);
  const slots = useGet<SlotDay[]>(
    `/counter/sites/${desk.site.id}/slots`,
    { service_id: service, first: dayAt(week * 7, desk.site.timezone) },
    { enabled: service !== "" },
  );
  const book = useAct(
    (fields: Fields) =>
      api.post<Booking>(`/counter/sites/${desk.site.id}/appointments`, {
        service_id: service,
        starts_at: slot,
        name: fields.name.trim(),
        phone: fields.phone?.trim() || null,
        note: fields.note?.trim() ?? "",
        client_key: key,
        locale,
      }),
    {
      onSuccess: (made) => {
        toast.success(t("book.done", { code: made.code }));
        counterChanged();
        close();
      },
    },
  );
  return (
    <Modal
      open
      title={t("book.open")}
      okText={t("book.submit")}
      okButtonProps={{ disabled: !slot }}
      confirmLoading={book.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      width={560}
    >
      <div className="qc-open">
        <Select
          aria-label={t("service")}
          value={service}
          onChange={(id) => {
            setService(id);
            setSlot(null);
          }}
          options={bookable.map((one) => ({ value: one.id, label: inWords(one.name, locale) }))}
          style={{ minWidth: 200 }}
        />
        <Select
          aria-label={t("book.week")}
          value={week}
          onChange={(to) => {
            setWeek(to);
            setSlot(null);
          }}
          options={[0, 1, 2, 3].map((one) => ({
            value: one,
            label: t("book.from", { day: dayAt(one * 7, desk.site.timezone) }),
          }))}
          style={{ minWidth: 160 }}
        />
      </div>
      <Fetched
        query={slots}
        compact
        isEmpty={(days) => days.every((one) => one.slots.length === 0)}
        empty={<EmptyState compact title={t("book.none")} />}
      >
        {(days) => (
          <div className="qc-days">
            {days
              .filter((one) => one.slots.length)
              .map((one) => (
                <section key={one.day}>
                  <h3 className="qc-part">{one.day}</h3>
                  <div className="qc-slots">
                    {one.slots.map((at) => (
                      <button
                        type="button"
                        key={at.starts_at}
                        className="qc-slot"
                        disabled={at.free === 0}
                        aria-pressed={slot === at.starts_at}
                        onClick={() => setSlot(at.starts_at)}
                      >
                        {wallClock(at.starts_at, desk.site.timezone, locale)}
                        <small>{at.free ? t("book.free", { n: at.free }) : t("book.full")}</small>
                      </button>
                    ))}
                  </div>
                </section>
              ))}
          </div>
        )}
      </Fetched>
      <Form<Fields>
        name="book"
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) => book.mutate(fields)}
      >
        <Form.Item
          name="name"
          label={t("book.name")}
          rules={[{ required: true, whitespace: true, message: t("book.name_needed") }]}
        >
          <Input maxLength={80} />
        </Form.Item>
        <Form.Item name="phone" label={`${t("take.phone")} · ${t("optional")}`}>
          <Input maxLength={40} inputMode="tel" />
        </Form.Item>
        <Form.Item name="note" label={`${t("book.note")} · ${t("optional")}`}>
          <Input maxLength={300} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
