import { Button, Drawer, Tag } from "antd";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { RelativeTime } from "@/ui/Time";
import { State, useRows, useSubmit } from "../settings/kit";
import type { FlowView, Version } from "./types";

/** What was published before; any of it can be the draft again. */
export function Versions(props: {
  flowId: string;
  onClose: () => void;
  onRestored: (flow: FlowView) => void;
}) {
  const t = useT("flows");
  const path = `/bot/flows/${props.flowId}/versions`;
  const { rows, isPending, error, refetch } = useRows<Version>(path);
  const restore = useSubmit((number: number) => api.post<FlowView>(`${path}/${number}/restore`), {
    stale: ["/bot/flows"],
    done: t("restored"),
    onDone: props.onRestored,
  });
  return (
    <Drawer open title={t("versions")} onClose={props.onClose}>
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
              <Button size="small" loading={restore.busy} onClick={() => void restore.run(version.number)}>
                {t("restore")}
              </Button>
            </li>
          ))}
        </ul>
      </State>
    </Drawer>
  );
}
