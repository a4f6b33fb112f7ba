import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { Field, problemOf, useSubmit } from "../settings/kit";
import type { ToolDraft } from "./ToolEditor";

/** Connections out of an API's own description. */
export function OpenApi(props: { onClose: () => void; onPick: (from: Partial<ToolDraft>) => void }) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ tools: ToolDraft[]; skipped: string[] } | null>(null);
  const [problem, setProblem] = useState<string>();
  const read = useSubmit(async () => {
    setProblem(undefined);
    setFound(null);
    try {
      setFound(await api.post<{ tools: ToolDraft[]; skipped: string[] }>("/bot/tools/openapi", { text }));
    } catch (reason) {
      const field = problemOf(reason)?.fields[0];
      if (!field) throw reason;
      setProblem(field.message);
    }
  });
  return (
    <Modal
      open
      mask={{ closable: false }}
      width={680}
      title={t("openapi")}
      okText={t("read")}
      cancelText={t("cancel")}
      confirmLoading={read.busy}
      okButtonProps={{ disabled: !text.trim() }}
      onCancel={props.onClose}
      onOk={() => void read.run()}
    >
      <Field label={t("openapi_text")} htmlFor="qf-openapi" problem={problem}>
        <Input.TextArea
          id="qf-openapi"
          className="qf-mono"
          rows={8}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      <ul className="qf-versions">
        {found?.tools.map((tool) => (
          <li key={tool.name}>
            <span>
              <code>{tool.name}</code> {tool.title[locale]}
            </span>
            <Button
              size="small"
              onClick={() =>
                props.onPick({
                  kind: "http",
                  name: tool.name,
                  title: tool.title,
                  description: tool.description,
                  effect: tool.effect,
                  inputs: tool.inputs,
                  http: tool.http,
                })
              }
            >
              {t("take")}
            </Button>
          </li>
        ))}
        {found?.skipped.map((line) => (
          <li key={line} className="qf-hint">
            {line}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
