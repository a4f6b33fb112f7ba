import { Form, Input, Modal, Select } from "antd";
import { useLocale, useT } from "@/app/i18n";
import { useVisitVerb } from "./api";
import { inWords } from "./model";
import type { Desk, Visit } from "./types";

interface Fields {
  to: string;
  note?: string;
}

/** To another service or counter; the place in line stays. */
export function TransferDialog({ desk, visit, close }: { desk: Desk; visit: Visit; close: () => void }) {
  const t = useT("counter");
  const locale = useLocale();
  const [form] = Form.useForm<Fields>();
  const verb = useVisitVerb();
  const submit = (fields: Fields) => {
    const [kind, id] = fields.to.split(":");
    const body = {
      service_id: kind === "service" ? id : null,
      counter_id: kind === "counter" ? id : null,
      note: fields.note?.trim() ?? "",
    };
    verb.mutate({ id: visit.id, verb: "transfer", body }, { onSuccess: close });
  };
  return (
    <Modal
      open
      title={t("transfer.title", { code: visit.code })}
      okText={t("step.transfer")}
      confirmLoading={verb.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      width={460}
    >
      <Form<Fields> name="transfer" form={form} layout="vertical" requiredMark={false} onFinish={submit}>
        <Form.Item
          name="to"
          label={t("transfer.to")}
          extra={t("transfer.place_kept")}
          rules={[{ required: true, message: t("transfer.choose") }]}
        >
          <Select
            autoFocus
            placeholder={t("transfer.choose")}
            options={[
              {
                label: t("transfer.services"),
                options: desk.site.services
                  .filter((one) => one.id !== visit.service_id || visit.state !== "waiting")
                  .map((one) => ({
                    value: `service:${one.id}`,
                    label: `${one.prefix} ${inWords(one.name, locale)}`,
                  })),
              },
              {
                label: t("transfer.counters"),
                options: desk.site.counters
                  .filter((one) => one.staff_id && one.id !== visit.counter_id)
                  .map((one) => ({
                    value: `counter:${one.id}`,
                    label: `${t("counter_name", { name: one.name })} · ${one.staff_name ?? ""}`,
                  })),
              },
            ]}
          />
        </Form.Item>
        <Form.Item name="note" label={`${t("transfer.note")} · ${t("optional")}`}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
