/** Documents and sites are read by a job: how far it is, then what it found. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Progress } from "antd";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import type { Id, Job } from "@/api/types";
import { useT } from "@/app/i18n";
import type { ImportColumn, ImportRow } from "./model";

export interface Preview {
  id: Id;
  filename?: string;
  format?: string;
  stage?: "reading" | "refused" | null;
  problem?: string | null;
  job_id?: Id | null;
  /** Empty for files that are not tables. */
  columns: ImportColumn[];
  rows: ImportRow[];
  next_cursor?: string | null;
}

/** An import with all its rows, page by page. */
export async function whole(id: Id, signal?: AbortSignal): Promise<Preview> {
  const first = await api.get<Preview>(`/knowledge/imports/${id}`, { limit: 200 }, signal);
  let cursor = first.next_cursor;
  const rows = [...first.rows];
  while (cursor) {
    const next = await api.get<Preview>(`/knowledge/imports/${id}`, { limit: 200, cursor }, signal);
    rows.push(...next.rows);
    cursor = next.next_cursor;
  }
  return { ...first, rows };
}

export function Reading(props: { reading: Preview; onRead: (found: Preview) => void; onBack: () => void }) {
  const t = useT("knowledge");
  const { reading, onRead } = props;
  const [failure, setFailure] = useState<{ text: string; refused: boolean } | null>(null);
  const job = useQuery({
    queryKey: ["/jobs", reading.job_id, "reading"],
    queryFn: ({ signal }) => api.get<Job>(`/jobs/${reading.job_id}`, undefined, signal),
    enabled: Boolean(reading.job_id) && reading.stage === "reading",
    refetchInterval: (query) => (query.state.data?.state === "done" ? false : 700),
    staleTime: 0,
  });
  const over = reading.stage !== "reading" || job.data?.state === "done";
  const asked = useRef(false);
  useEffect(() => {
    if (!over || asked.current) return;
    asked.current = true;
    whole(reading.id).then(
      (found) =>
        found.stage === "refused" ? setFailure({ text: found.problem ?? "", refused: true }) : onRead(found),
      (reason) =>
        setFailure(
          // A site on which nothing has changed leaves no import behind.
          reason instanceof Problem && reason.status === 404
            ? { text: t("import.nothingNew"), refused: false }
            : { text: sentenceOf(reason), refused: true },
        ),
    );
  }, [over, reading.id, onRead, t]);
  const total = job.data?.total ?? 0;
  if (failure !== null)
    return (
      <div className="kn-done">
        <Alert type={failure.refused ? "error" : "info"} showIcon title={failure.text} />
        <Button onClick={props.onBack}>{t("import.mapBack")}</Button>
      </div>
    );
  return (
    <div className="kn-done" aria-live="polite">
      <h2>{t("import.readingOf", { name: reading.filename ?? "" })}</h2>
      <Progress
        percent={total > 0 ? Math.round(((job.data?.done ?? 0) / total) * 100) : 0}
        status="active"
        style={{ width: 360, maxWidth: "100%" }}
      />
      <p className="qk-muted">{job.error ? sentenceOf(job.error) : t("import.readingText")}</p>
      <Button onClick={props.onBack}>{t("import.readLater")}</Button>
    </div>
  );
}
