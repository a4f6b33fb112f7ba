import { Cascader, Form, Input, Modal } from "antd";
import { useLocale, useT } from "@/app/i18n";
import { useRoutingSettings } from "@/app/presence/presence";
import { useMe } from "@/app/session";
import { cascade } from "@/features/inbox/actions/ResolveDialog";
import { useVisitVerb } from "./api";
import type { Visit } from "./types";

interface Fields {
  disposition?: string[];
  note?: string;
}

/** The wrap-up every conversation has; Enter ends it. */
export function EndDialog({ visit, close }: { visit: Visit; close: () => void }) {
  const t = useT("counter");
  const locale = useLocale();
  const required = useMe().workspace.settings?.wrap_up_required === true;
  const [form] = Form.useForm<Fields>();
  const verb = useVisitVerb();
  const choices = cascade(useRoutingSettings().data?.dispositions ?? [], locale);
  const submit = (fields: Fields) =>
    verb.mutate(
      {
        id: visit.id,
        verb: "end",
        body: { disposition: fields.disposition?.at(-1) ?? null, note: fields.note?.trim() ?? "" },
      },
      { onSuccess: close },
    );
  return (
    <Modal
      open
      title={t("end.title", { code: visit.code })}
      okText={t("step.end")}
      confirmLoading={verb.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      width={460}
    >
      <Form<Fields>
        name="end"
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={submit}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.submit();
        }}
      >
        <Form.Item
          name="disposition"
          label={required ? t("end.disposition") : `${t("end.disposition")} · ${t("optional")}`}
          rules={[{ required, message: t("end.disposition_required") }]}
        >
          <Cascader
            options={choices}
            expandTrigger="hover"
            showSearch
            autoFocus
            placeholder={t("end.choose")}
          />
        </Form.Item>
        <Form.Item name="note" label={`${t("end.note")} · ${t("optional")}`}>
          <Input.TextArea autoSize={{ minRows: 3, maxRows: 8 }} maxLength={4000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
