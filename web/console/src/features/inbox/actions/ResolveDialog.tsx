import { Cascader, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import type { Disposition } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useRoutingSettings } from "@/app/presence/presence";
import { useMe } from "@/app/session";
import { MOD } from "@/app/shortcuts";
import type { Locale } from "@/lib/format";
import { keyOf, labelOf } from "@/lib/label";
import { customerName } from "../text";
import type { DialogProps } from "./Dialogs";
import { useVerbs } from "./verbs";

interface Option {
  value: string;
  label: string;
  children?: Option[];
}

/** Flat names like “Presales / Product question” become a cascade; the stored key is that of the last step. */
export function cascade(list: Disposition[], locale: Locale): Option[] {
  const found: Option[] = [];
  for (const item of list) {
    const key = keyOf(item as { key: string });
    const steps = labelOf(item as { key: string }, locale).split(/\s+[/／]\s+/);
    let level = found;
    steps.forEach((label, index) => {
      const last = index === steps.length - 1;
      const value = last ? key : `${key.split(".")[0]}:${label}`;
      let option = level.find((o) => o.label === label && (last ? o.value === key : o.children));
      if (!option) {
        option = { value, label, ...(last ? {} : { children: [] }) };
        level.push(option);
      }
      level = option.children ?? [];
    });
  }
  return found;
}

interface Fields {
  disposition?: string[];
  note?: string;
  tags: string[];
}

/** The wrap-up: what it was about and how it ended. */
export function ResolveDialog({ conversation, close }: DialogProps) {
  const t = useT("inbox");
  const locale = useLocale();
  const me = useMe();
  const [form] = Form.useForm<Fields>();
  const [busy, setBusy] = useState(false);
  const verbs = useVerbs(conversation.id);
  const settings = useRoutingSettings().data;
  const required = me.workspace.settings?.wrap_up_required === true;
  const choices = cascade(settings?.dispositions ?? [], locale);

  const submit = async (fields: Fields) => {
    setBusy(true);
    const ok = await verbs.resolve({
      disposition: fields.disposition?.at(-1) ?? null,
      note: fields.note?.trim() ?? "",
      tags: fields.tags,
    });
    setBusy(false);
    if (ok) close();
  };

  return (
    <Modal
      open
      title={t("resolve.title", { name: customerName(conversation.customer, t) })}
      onCancel={close}
      okText={t("resolve.submit")}
      confirmLoading={busy}
      onOk={() => form.submit()}
      width={480}
      footer={(_, { OkBtn, CancelBtn }) => (
        <div className="q-dialog-foot">
          <span className="q-muted">
            <kbd>{MOD}</kbd> <kbd>↵</kbd>
          </span>
          <CancelBtn />
          <OkBtn />
        </div>
      )}
    >
      <Form<Fields>
        name="resolve"
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ tags: conversation.tags }}
        onFinish={(fields) => void submit(fields)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.submit();
        }}
      >
        <Form.Item
          name="disposition"
          label={required ? t("resolve.disposition") : `${t("resolve.disposition")} · ${t("optional")}`}
          rules={[{ required, message: t("resolve.disposition_required") }]}
        >
          <Cascader
            options={choices}
            expandTrigger="hover"
            showSearch
            autoFocus
            placeholder={t("resolve.disposition_placeholder")}
          />
        </Form.Item>
        <Form.Item name="note" label={`${t("resolve.note")} · ${t("optional")}`}>
          <Input.TextArea
            autoSize={{ minRows: 3, maxRows: 8 }}
            maxLength={4000}
            placeholder={t("resolve.note_placeholder")}
          />
        </Form.Item>
        <Form.Item name="tags" label={t("tags")} style={{ marginBottom: 8 }}>
          <Select
            mode="tags"
            open={false}
            suffix={null}
            tokenSeparators={[",", "，", "、"]}
            maxCount={30}
            placeholder={t("tags_placeholder")}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
