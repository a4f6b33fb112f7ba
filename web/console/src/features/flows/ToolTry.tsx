import { Button, Input, InputNumber, Modal, Select, Tag } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { Code, Field, useSubmit } from "../settings/kit";
import { faultOf, type Json } from "./model";
import type { Tool } from "./types";

interface Tried {
  output: Json;
  error: string | null;
  detail: string;
  ms: number;
}

/** Really calls a tool; what came back may be kept as its sample. */
export function ToolTry({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const [inputs, setInputs] = useState<Record<string, string>>({});
  const [customer, setCustomer] = useState<number | null>(null);
  const [result, setResult] = useState<Tried | null>(null);
  const missing = Object.entries(tool.spec.inputs).some(([name, input]) => input.required && !inputs[name]);
  const keep = useSubmit(
    (sample: Json) =>
      api.put(`/bot/tools/${tool.id}`, {
        kind: tool.kind,
        ...tool.spec,
        local: undefined,
        sample,
        [tool.kind]: tool[tool.kind as "http" | "sql"],
        active: tool.active,
      }),
    { stale: ["/bot/tools"], done: t("sample_kept"), onDone: onClose },
  );
  const attempt = useSubmit(
    () =>
      api.post<Tried>(`/bot/tools/${tool.spec.name}/try`, {
        inputs: Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== "")),
        customer_number: customer,
        locale,
      }),
    { stale: ["/bot/tools/calls"], onDone: setResult },
  );
  return (
    <Modal
      open
      mask={{ closable: false }}
      width={640}
      title={`${t("try")} · ${tool.spec.title[locale]}`}
      okText={t("try")}
      cancelText={t("cancel")}
      confirmLoading={attempt.busy}
      okButtonProps={{ disabled: missing }}
      onCancel={onClose}
      onOk={() => void attempt.run()}
    >
      {tool.spec.effect === "write" ? <p className="qf-wrong">{t("try_writes")}</p> : null}
      {Object.entries(tool.spec.inputs).map(([name, input]) => (
        <Field
          key={name}
          label={input.description?.[locale] ?? name}
          htmlFor={`qf-try-${name}`}
          required={input.required}
        >
          {input.choices?.length ? (
            <Select
              id={`qf-try-${name}`}
              style={{ width: "100%" }}
              allowClear
              value={inputs[name] || null}
              options={input.choices.map((value) => ({ value, label: value }))}
              onChange={(value) => setInputs({ ...inputs, [name]: value ?? "" })}
            />
          ) : (
            <Input
              id={`qf-try-${name}`}
              value={inputs[name] ?? ""}
              onChange={(event) => setInputs({ ...inputs, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
      {tool.kind === "python" ? (
        <Field label={t("customer_number")} htmlFor="qf-try-customer">
          <InputNumber id="qf-try-customer" value={customer} onChange={setCustomer} />
        </Field>
      ) : null}
      {result ? (
        <>
          <p>
            {result.error ? (
              <Tag color="error">{faultOf(t, result.error)}</Tag>
            ) : (
              <Tag color="success">OK</Tag>
            )}{" "}
            {result.ms} ms {result.detail}
          </p>
          {result.error === "refused_address" ? <p className="qf-hint">{t("refused_address_help")}</p> : null}
          {result.error ? null : <Code label={t("result")} text={JSON.stringify(result.output, null, 2)} />}
          {result.error || !tool.id ? null : (
            <Button
              className="qf-keep"
              size="small"
              loading={keep.busy}
              onClick={() => void keep.run(result.output)}
            >
              {t("keep_sample")}
            </Button>
          )}
        </>
      ) : null}
    </Modal>
  );
}
