import { Alert, Form, Input, Modal, Select, Spin } from "antd";
import { useState } from "react";

import { sentenceOf } from "@/api/problem";
import type { ConversationView } from "@/api/types";
import { useT } from "@/app/i18n";
import { sendMessage } from "../conversation/outbox";
import { complete, filledIn, labelOf } from "./template";
import { useTemplates } from "./useChannel";

/** A message the provider approved beforehand: chosen, filled in, read as it will arrive, sent. */
export function TemplateDialog(props: { conversation: ConversationView; onClose: () => void }) {
  const t = useT("inbox/channel");
  const templates = useTemplates(props.conversation.id, true);
  const [chosen, setChosen] = useState<string | null>(null);
  const [values, setValues] = useState<Record<string, string>>({});
  const template = templates.data?.find((one) => one.id === chosen) ?? null;
  const send = () => {
    if (!template) return;
    sendMessage({
      conversation_id: props.conversation.id,
      route: "messages",
      kind: "text",
      body: filledIn(template, values),
      payload: { template: { ...template.data, id: template.id, language: template.language, data: values } },
    });
    props.onClose();
  };
  return (
    <Modal
      open
      title={t("template_title")}
      okText={t("template_send")}
      okButtonProps={{ disabled: !template || !complete(template, values) }}
      onOk={send}
      onCancel={props.onClose}
    >
      {templates.isPending ? (
        <Spin />
      ) : templates.error ? (
        <Alert type="error" showIcon title={sentenceOf(templates.error)} />
      ) : templates.data.length === 0 ? (
        <Alert type="info" showIcon title={t("no_templates")} />
      ) : (
        <Form layout="vertical">
          <Form.Item label={t("template")} htmlFor="template-choice">
            <Select
              id="template-choice"
              showSearch={{ optionFilterProp: "label" }}
              value={chosen}
              onChange={(id: string) => {
                setChosen(id);
                setValues({});
              }}
              options={templates.data.map((one) => ({ value: one.id, label: one.title }))}
            />
          </Form.Item>
          {template?.fields.map((field) => (
            <Form.Item key={field} label={labelOf(template, field)} htmlFor={`template-${field}`} required>
              <Input
                id={`template-${field}`}
                value={values[field] ?? ""}
                maxLength={200}
                onChange={(event) => setValues({ ...values, [field]: event.target.value })}
              />
            </Form.Item>
          ))}
          {template ? (
            <blockquote className="q-template" aria-label={t("template_preview")}>
              {filledIn(template, values)}
            </blockquote>
          ) : null}
        </Form>
      )}
    </Modal>
  );
}
