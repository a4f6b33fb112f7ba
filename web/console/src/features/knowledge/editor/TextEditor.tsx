/** One field for longer texts: rich by default, its Markdown source one click away. What is kept is the Markdown. */
import { Input, Segmented, Skeleton } from "antd";
import { lazy, Suspense, useState } from "react";
import { useT } from "@/app/i18n";
import { onlySource } from "./source";

const RichEditor = lazy(() => import("./RichEditor"));

export function TextEditor(props: {
  id: string;
  label: string;
  value: string;
  onChange: (markdown: string) => void;
  invalid?: boolean;
  rows?: number;
}) {
  const t = useT("knowledge");
  const [chosen, setChosen] = useState<"rich" | "source">("rich");
  const forced = onlySource(props.value);
  const mode = forced ? "source" : chosen;
  return (
    <div className="kn-text">
      <div className="kn-text-mode">
        {forced && <span className="qk-muted">{t("editor.onlySource")}</span>}
        <Segmented
          size="small"
          aria-label={t("editor.mode")}
          value={mode}
          disabled={forced}
          onChange={setChosen}
          options={[
            { value: "rich", label: t("editor.rich") },
            { value: "source", label: "Markdown" },
          ]}
        />
      </div>
      {mode === "source" ? (
        <Input.TextArea
          id={props.id}
          className="kn-source"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          autoSize={{ minRows: props.rows ?? 10, maxRows: 40 }}
          {...(props.invalid ? { status: "error" as const } : {})}
        />
      ) : (
        <Suspense fallback={<Skeleton active paragraph={{ rows: props.rows ? 10 : 4 }} />}>
          <RichEditor
            id={props.id}
            label={props.label}
            value={props.value}
            onChange={props.onChange}
            {...(props.invalid ? { invalid: true } : {})}
          />
        </Suspense>
      )}
    </div>
  );
}
