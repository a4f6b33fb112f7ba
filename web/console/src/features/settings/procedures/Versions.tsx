import { Button, Drawer, Tag } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { RelativeTime } from "@/ui/Time";
import { State, useOne, useRows, useSubmit } from "../kit";
import type { ProcedureView } from "./model";

interface Version {
  id: string;
  number: number;
  note: string;
  published_at: string;
  published_by: string | null;
  current: boolean;
  runs: number;
}
interface Diff {
  before: string;
  after: string;
  changes: {
    step: string;
    field: string;
    kind: "added" | "removed" | "changed";
    before: unknown;
    after: unknown;
  }[];
}

/** What was published before: compare it with the draft, make it the draft again, or start it again at once. */
export function Versions(props: {
  id: string;
  onClose: () => void;
  onTaken: (procedure: ProcedureView) => void;
}) {
  const t = useT("settings/procedures");
  const path = `/procedures/${props.id}/versions`;
  const { rows, isPending, error, refetch } = useRows<Version>(path);
  const [compared, setCompared] = useState<number | null>(null);
  const restore = useSubmit((number: number) => api.post<ProcedureView>(`${path}/${number}/restore`), {
    stale: ["/procedures"],
    done: t("restored"),
    onDone: props.onTaken,
  });
  const use = useSubmit((number: number) => api.post<ProcedureView>(`${path}/${number}/use`), {
    stale: ["/procedures"],
    done: t("rolled_back"),
    onDone: props.onTaken,
  });
  return (
    <Drawer open title={t("versions")} onClose={props.onClose} size="large">
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
                <span className="qf-hint">{t("runs_n", { count: version.runs })}</span>
                <div className="qf-hint">
                  <RelativeTime at={version.published_at} /> {version.published_by} {version.note}
                </div>
              </div>
              <span>
                <Button size="small" type="text" onClick={() => setCompared(version.number)}>
                  {t("compare")}
                </Button>
                <Button
                  size="small"
                  type="text"
                  loading={restore.busy}
                  onClick={() => void restore.run(version.number)}
                >
                  {t("restore")}
                </Button>
                {version.current ? null : (
                  <Button size="small" loading={use.busy} onClick={() => void use.run(version.number)}>
                    {t("use_again")}
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
        {compared !== null ? <Changes id={props.id} number={compared} /> : null}
      </State>
    </Drawer>
  );
}

const shown = (value: unknown) =>
  value === null || value === undefined
    ? "—"
    : typeof value === "string"
      ? value
      : JSON.stringify(value, null, 1);

function Changes({ id, number }: { id: string; number: number }) {
  const t = useT("settings/procedures");
  const { data, isPending, error, refetch } = useOne<Diff>(`/procedures/${id}/diff?before=${number}`, {
    staleTime: 0,
  });
  return (
    <State
      loading={isPending}
      error={error}
      onRetry={() => void refetch()}
      empty={data?.changes.length === 0}
      emptyTitle={t("same")}
    >
      <h3>{t("compared", { n: number })}</h3>
      <ul className="qp-diff">
        {data?.changes.map((one) => (
          <li key={`${one.step}.${one.field}`} className={`qp-diff--${one.kind}`}>
            <strong>{[one.step, one.field].filter(Boolean).join(" · ") || "—"}</strong>{" "}
            <Tag>{t(`change.${one.kind}`)}</Tag>
            {one.kind === "changed" ? (
              <>
                <del>{shown(one.before)}</del>
                <ins>{shown(one.after)}</ins>
              </>
            ) : null}
          </li>
        ))}
      </ul>
    </State>
  );
}
