import { Button, Form, Input, Modal, Radio, Result } from "antd";
import { Printer } from "lucide-react";
import { useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { counterChanged } from "./api";
import { inWords, serviceName } from "./model";
import type { Desk, Visit } from "./types";

interface Fields {
  service_id: string;
  priority: number;
  locale: "zh-CN" | "en";
  phone?: string;
}

/** A number taken by staff, for somebody at the desk. */
export function TakeDialog({ desk, close }: { desk: Desk; close: () => void }) {
  const t = useT("counter");
  const locale = useLocale();
  const [form] = Form.useForm<Fields>();
  const [key] = useState(newKey);
  const take = useAct(
    (fields: Fields) =>
      api.post<Visit>(`/counter/sites/${desk.site.id}/visits`, {
        ...fields,
        phone: fields.phone?.trim() || null,
        client_key: key,
      }),
    { onSuccess: counterChanged },
  );
  const taken = take.data;
  if (taken)
    return (
      <Modal open footer={null} onCancel={close} width={400} title={t("take.open")}>
        <Result
          icon={<strong className="qc-code qc-code--big">{taken.code}</strong>}
          title={serviceName(desk.site.services, taken.service_id, locale)}
          extra={[
            <Button
              key="print"
              icon={<Printer size={15} aria-hidden />}
              href={`/walkin/ticket/${taken.secret}?print=1&lang=${taken.locale}`}
              target="_blank"
            >
              {t("take.print")}
            </Button>,
            <Button key="done" type="primary" autoFocus onClick={close}>
              {t("done")}
            </Button>,
          ]}
        />
      </Modal>
    );
  return (
    <Modal
      open
      title={t("take.open")}
      okText={t("take.submit")}
      confirmLoading={take.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      width={440}
    >
      <Form<Fields>
        name="take"
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ service_id: desk.site.services[0]?.id, priority: 1, locale }}
        onFinish={(fields) => take.mutate(fields)}
      >
        <Form.Item
          name="service_id"
          label={t("service")}
          rules={[{ required: true, message: t("take.choose") }]}
        >
          <Radio.Group
            className="qc-radios"
            options={desk.site.services.map((one) => ({
              value: one.id,
              label: `${one.prefix} ${inWords(one.name, locale)}`,
            }))}
          />
        </Form.Item>
        <Form.Item name="priority" label={t("priority.title")}>
          <Radio.Group options={[1, 2, 3].map((one) => ({ value: one, label: t(`priority.${one}`) }))} />
        </Form.Item>
        <Form.Item name="locale" label={t("take.language")}>
          <Radio.Group
            options={[
              { value: "zh-CN", label: "中文" },
              { value: "en", label: "English" },
            ]}
          />
        </Form.Item>
        <Form.Item name="phone" label={`${t("take.phone")} · ${t("optional")}`}>
          <Input maxLength={40} inputMode="tel" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
