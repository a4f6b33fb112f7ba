import { Input, Segmented, Skeleton } from "antd";

import { useEffect, useMemo, useState } from "react";
import { useT } from "./i18n";

interface Renderer {
  render: (text: string) => string;
}

let loading: Promise<Renderer> | null = null;

/** HTML inside the text stays text: what an editor writes can never become script on a reader's screen. */
function renderer(): Promise<Renderer> {
  loading ??= import("markdown-it").then(({ default: Markdown }) => {
    const md = new Markdown({ html: false, linkify: true, breaks: true });
    const link = md.renderer.rules.link_open;
    md.renderer.rules.link_open = (tokens, index, options, env, self) => {
      tokens[index]!.attrSet("target", "_blank");
      tokens[index]!.attrSet("rel", "noopener noreferrer");
      return link ? link(tokens, index, options, env, self) : self.renderToken(tokens, index, options);
    };
    return md;
  });
  return loading;
}

export function Markdown(props: { text: string }) {
  const [md, setMd] = useState<Renderer | null>(null);
  useEffect(() => {
    let here = true;
    void renderer().then((ready) => here && setMd(ready));
    return () => {
      here = false;
    };
  }, []);
  const html = useMemo(() => md?.render(props.text) ?? "", [md, props.text]);
  if (!md) return <Skeleton active title={false} paragraph={{ rows: 2 }} />;
  // The renderer escapes all HTML (html: false).
  return <div className="qk-md" dangerouslySetInnerHTML={{ __html: html }} />;
}

export function MarkdownEditor(props: {
  id: string;
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  placeholder?: string;
  invalid?: boolean;
}) {
  const t = useT();
  const [mode, setMode] = useState<"write" | "preview" | "both">("both");
  return (
    <div className="qk-mde">
      <div className="qk-mde-bar">
        <Segmented
          aria-label={t("kit.view")}
          size="small"
          value={mode}
          onChange={setMode}
          options={[
            { value: "write", label: t("kit.write") },
            { value: "both", label: t("kit.both") },
            { value: "preview", label: t("kit.preview") },
          ]}
        />
        <span className="qk-muted">{t("kit.markdownHint")}</span>
      </div>
      <div className={`qk-mde-panes qk-mde-${mode}`}>
        {mode !== "preview" && (
          <Input.TextArea
            id={props.id}
            value={props.value}
            onChange={(event) => props.onChange(event.target.value)}
            autoSize={{ minRows: props.rows ?? 10, maxRows: 32 }}
            placeholder={props.placeholder}
            {...(props.invalid ? { status: "error" as const } : {})}
          />
        )}
        {mode !== "write" && (
          <section className="qk-mde-preview" aria-label={t("kit.preview")}>
            {props.value.trim() ? (
              <Markdown text={props.value} />
            ) : (
              <span className="qk-muted">{t("kit.previewEmpty")}</span>
            )}
          </section>
        )}
      </div>
    </div>
  );
}
