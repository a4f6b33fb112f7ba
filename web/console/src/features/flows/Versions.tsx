import { Button, Drawer, Tag } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { RelativeTime } from "@/ui/Time";
import { State, useConfirm, useOne, useRows, useSubmit } from "../settings/kit";
import { lineDiff } from "./linediff";
import type { FlowView, Version } from "./types";

/** What was published before: how it differs from what is in the editor, and back with it. */
export function Versions(props: {
  flowId: string;
  /** The flow in the editor, as a file. */
  yaml: string;
  onClose: () => void;
  onRestored: (flow: FlowView) => void;
}) {
  const t = useT("flows");
  const confirm = useConfirm();
  const path = `/bot/flows/${props.flowId}/versions`;
  const { rows, isPending, error, refetch } = useRows<Version>(path);
  const [shown, setShown] = useState<number | null>(null);
  const restore = useSubmit((number: number) => api.post<FlowView>(`${path}/${number}/restore`), {
    stale: ["/bot/flows"],
    done: t("restored"),
    onDone: props.onRestored,
  });
  return (
    <Drawer open size={shown === null ? 378 : 720} title={t("versions")} onClose={props.onClose}>
      <State
        loading={isPending}
        error={error}
        onRetry={() => void refetch()}
        empty={rows?.length === 0}
        emptyTitle={t("never_published")}
      >
        <ul className="qf-versions">
          {rows?.map((version) => (
            <li key={version.id}>
              <div>
                <strong>v{version.number}</strong>{" "}
                {version.current ? <Tag color="success">{t("in_use")}</Tag> : null}
                <div className="qf-hint">
                  <RelativeTime at={version.published_at} /> {version.note}
                </div>
              </div>
              <div>
                <Button
                  size="small"
                  type="text"
                  aria-expanded={shown === version.number}
                  onClick={() => setShown(shown === version.number ? null : version.number)}
                >
                  {t("compare")}
                </Button>
                <Button
                  size="small"
                  loading={restore.busy}
                  onClick={() =>
                    void confirm({
                      title: t("restore_title", { version: version.number }),
                      text: t("restore_text"),
                      ok: t("restore"),
                      run: () => restore.run(version.number),
                    })
                  }
                >
                  {t("restore")}
                </Button>
              </div>
              {shown === version.number ? (
                <Difference path={`${path}/${version.number}`} number={version.number} yaml={props.yaml} />
              ) : null}
            </li>
          ))}
        </ul>
      </State>
    </Drawer>
  );
}

function Difference(props: { path: string; number: number; yaml: string }) {
  const t = useT("flows");
  const { data, isPending, error, refetch } = useOne<Version & { yaml: string }>(props.path);
  const lines = data ? lineDiff(data.yaml, props.yaml) : [];
  const same = lines.every((line) => typeof line === "number");
  return (
    <div className="qf-diff">
      <State loading={isPending} error={error} onRetry={() => void refetch()}>
        <p className="qf-hint">{same ? t("compare_same") : t("compare_text", { version: props.number })}</p>
        {same ? null : (
          <pre>
            {lines.map((line, index) =>
              typeof line === "number" ? (
                <span key={index} className="qf-diff__fold">
                  {t("compare_folded", { count: line })}
                </span>
              ) : line.op === "gone" ? (
                <del key={index}>− {line.text}</del>
              ) : line.op === "new" ? (
                <ins key={index}>+ {line.text}</ins>
              ) : (
                <span key={index}>{`  ${line.text}`}</span>
              ),
            )}
          </pre>
        )}
      </State>
    </div>
  );
}
