import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Progress, Segmented, Steps, Upload } from "antd";
import { CircleCheck, CircleX, FileSpreadsheet, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, upload } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import type { Id, Job } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { integer } from "@/lib/format";
import { Page, Toggle, useConfirm, useSubmit } from "../../settings/kit";
import { Check } from "./Check";
import { Columns } from "./Columns";
import { History, Kept, type Undone } from "./History";
import {
  ACCEPTED,
  acceptedFile,
  columnsRefused,
  cuttable,
  type ImportColumn,
  type Mapping,
  mappingField,
  mappingOf,
  templateCsv,
} from "./model";
import { type Preview, Reading } from "./Reading";
import { Sources } from "./Sources";

/** A file whose columns the person is asked about. */
interface Asking {
  file: File;
  columns: ImportColumn[];
  mapping: Mapping;
  refused: boolean;
}

export default function Import() {
  const t = useT("knowledge");
  const go = useGo();
  return (
    <Page
      wide
      title={t("import.title")}
      description={t("import.description")}
      onBack={() => go("/knowledge/faqs")}
    >
      <ImportWizard onDone={() => go("/knowledge/faqs")} doneText={t("import.toList")} history />
    </Page>
  );
}

/** File → preview → progress → result. The first-run wizard shows the same four steps. */
export function ImportWizard(props: {
  onDone: () => void;
  doneText: string;
  onImported?: (count: number) => void;
  /** Show what was imported before, below the choice of a file. */
  history?: boolean;
}) {
  const t = useT("knowledge");
  const [asking, setAsking] = useState<Asking | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [reading, setReading] = useState<Preview | null>(null);
  const [where, setWhere] = useState<"file" | "site">("file");
  const [jobId, setJobId] = useState<Id | null>(null);
  const [finished, setFinished] = useState<Job | null>(null);
  const step = finished ? 3 : jobId ? 2 : preview ? 1 : 0;
  const restart = () => {
    setAsking(null);
    setFile(null);
    setPreview(null);
    setReading(null);
    setJobId(null);
    setFinished(null);
  };
  return (
    <div>
      <Steps
        className="kn-steps"
        size="small"
        current={step}
        items={["file", "check", "run", "done"].map((key) => ({ title: t(`import.step.${key}`) }))}
      />
      {step === 0 && reading && (
        <Reading
          reading={reading}
          onRead={(found) => {
            setReading(null);
            setPreview(found);
          }}
          onBack={restart}
        />
      )}
      {step === 0 && !reading && props.history && !asking && (
        <Segmented<"file" | "site">
          className="qk-gap"
          aria-label={t("import.where")}
          value={where}
          onChange={setWhere}
          options={(["file", "site"] as const).map((value) => ({ value, label: t(`import.from.${value}`) }))}
        />
      )}
      {step === 0 && !reading && where === "site" && (
        <Sources
          onReading={(found) => {
            setFile(null);
            setReading(found);
          }}
        />
      )}
      {step === 0 && !reading && where === "file" && (
        <Choose
          onPreview={(found, from) => {
            setFile(from);
            if (found.stage === "reading") setReading(found);
            else setPreview(found);
          }}
          onAsk={setAsking}
          asking={asking}
        />
      )}
      {step === 0 && !reading && !asking && props.history && <History onOpen={setReading} />}
      {step === 1 && preview && (
        <Check
          preview={preview}
          onBack={restart}
          onCommit={setJobId}
          onColumns={
            file && preview.columns.length > 0
              ? () => {
                  setAsking({
                    file,
                    columns: preview.columns,
                    mapping: mappingOf(preview.columns),
                    refused: false,
                  });
                  setPreview(null);
                }
              : undefined
          }
        />
      )}
      {step === 2 && jobId && (
        <Running
          jobId={jobId}
          onEnd={(job) => {
            setFinished(job);
            if (job.state === "done") props.onImported?.(job.done);
          }}
        />
      )}
      {step === 3 && preview && finished && (
        <Done
          importId={preview.id}
          job={finished}
          onAgain={restart}
          onDone={props.onDone}
          doneText={props.doneText}
        />
      )}
    </div>
  );
}

function Choose(props: {
  onPreview: (preview: Preview, file: File) => void;
  onAsk: (asking: Asking | null) => void;
  asking: Asking | null;
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  const [progress, setProgress] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [split, setSplit] = useState(false);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const take = async (file: File, mapping?: Mapping) => {
    setFailure(null);
    if (!acceptedFile(file.name)) {
      setFailure(t("import.wrongType", { name: file.name }));
      return;
    }
    abort.current = new AbortController();
    setProgress(0);
    try {
      props.onPreview(
        await upload<Preview>("/knowledge/imports", file, {
          signal: abort.current.signal,
          onProgress: (ratio) => setProgress(ratio),
          fields: {
            ...(mapping ? { mapping: mappingField(mapping) } : {}),
            ...(split && cuttable(file.name) ? { split: "true" } : {}),
          },
        }),
        file,
      );
    } catch (reason) {
      const columns = reason instanceof Problem && !mapping ? columnsRefused(reason) : null;
      if (columns) props.onAsk({ file, columns, mapping: {}, refused: true });
      else if (!(reason instanceof DOMException)) setFailure(sentenceOf(reason));
    } finally {
      setProgress(null);
    }
  };
  const template = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([templateCsv(locale)], { type: "text/csv;charset=utf-8" }));
    link.download = t("import.templateName");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  if (props.asking)
    return (
      <Columns
        filename={props.asking.file.name}
        columns={props.asking.columns}
        mapping={props.asking.mapping}
        refused={props.asking.refused}
        failure={failure}
        busy={progress !== null}
        onBack={() => {
          setFailure(null);
          props.onAsk(null);
        }}
        onApply={(mapping) => void take(props.asking!.file, mapping)}
      />
    );
  return (
    <div>
      {failure && <Alert type="error" showIcon className="qk-gap" title={failure} />}
      <Upload.Dragger
        className="kn-drop"
        accept={ACCEPTED.join(",")}
        showUploadList={false}
        disabled={progress !== null}
        beforeUpload={(file) => {
          void take(file);
          return Upload.LIST_IGNORE;
        }}
      >
        <FileSpreadsheet size={36} strokeWidth={1.4} aria-hidden />
        <p>
          <strong>{t("import.drop")}</strong>
        </p>
        <p className="qk-muted">{t("import.formats")}</p>
        {progress !== null && (
          <Progress
            style={{ maxWidth: 320 }}
            percent={Math.round(progress * 100)}
            format={() => t(progress < 1 ? "import.uploading" : "import.reading")}
          />
        )}
      </Upload.Dragger>
      <p style={{ marginTop: 12 }}>
        <Toggle checked={split} onChange={setSplit} size="small">
          {t("import.split")}
        </Toggle>
      </p>
      <p style={{ marginTop: 4 }}>
        <Button type="link" onClick={template}>
          {t("import.template")}
        </Button>
        <span className="qk-muted">{t("import.columns")}</span>
      </p>
    </div>
  );
}

function Running(props: { jobId: Id; onEnd: (job: Job) => void }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const client = useQueryClient();
  const { onEnd } = props;
  const ended = (job: Job | undefined) => job?.state === "done" || job?.state === "failed";
  const job = useQuery({
    queryKey: ["/jobs", props.jobId],
    queryFn: ({ signal }) => api.get<Job>(`/jobs/${props.jobId}`, undefined, signal),
    refetchInterval: (query) => (ended(query.state.data) ? false : 700),
    staleTime: 0,
  });
  const told = useRef(false);
  useEffect(() => {
    if (job.data && ended(job.data) && !told.current) {
      told.current = true;
      void client.invalidateQueries({
        predicate: (query) => String(query.queryKey[0]).startsWith("/knowledge"),
      });
      onEnd(job.data);
    }
  });
  const total = job.data?.total ?? 0;
  return (
    <div className="kn-done" aria-live="polite">
      <h2>{t("import.running")}</h2>
      <Progress
        percent={total > 0 ? Math.round(((job.data?.done ?? 0) / total) * 100) : 0}
        status="active"
        style={{ width: 360, maxWidth: "100%" }}
      />
      <p className="qk-num">
        {t("import.progress", { done: integer(job.data?.done ?? 0, locale), total: integer(total, locale) })}
      </p>
      <p className="qk-muted">{job.error ? sentenceOf(job.error) : t("import.runningText")}</p>
    </div>
  );
}

function Done(props: { importId: Id; job: Job; onAgain: () => void; onDone: () => void; doneText: string }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const confirm = useConfirm();
  const client = useQueryClient();
  const [undone, setUndone] = useState<Undone | null>(null);
  const failed = props.job.state === "failed";
  const result = (props.job.result ?? {}) as {
    created?: number;
    updated?: number;
    skipped?: number;
    failed?: number;
  };
  const undo = useSubmit(() => api.post<Undone>(`/knowledge/imports/${props.importId}/undo`), {
    done: t("import.undone"),
    onDone: (answer) => {
      setUndone(answer);
      void client.invalidateQueries({
        predicate: (query) => String(query.queryKey[0]).startsWith("/knowledge"),
      });
    },
  });
  return (
    <div className="kn-done">
      {failed && !undone ? (
        <CircleX size={44} color="var(--q-breach)" aria-hidden />
      ) : (
        <CircleCheck size={44} color="var(--q-ok)" aria-hidden />
      )}
      <h2>{t(undone ? "import.undone" : failed ? "import.failed" : "import.finished")}</h2>
      {failed && !undone ? (
        <p>{props.job.message ?? t("import.failedText")}</p>
      ) : (
        !undone && (
          <p className="qk-num">
            {t("import.result", {
              created: integer(result.created ?? props.job.done, locale),
              updated: integer(result.updated ?? 0, locale),
              skipped: integer(result.skipped ?? 0, locale),
            })}
          </p>
        )
      )}
      {undone && (
        <p className="qk-num">
          {t("import.undoneText", {
            removed: integer(undone.removed, locale),
            restored: integer(undone.restored, locale),
            kept: integer(undone.kept, locale),
          })}
        </p>
      )}
      {!failed && !undone && (result.failed ?? 0) > 0 && (
        <p className="kn-errors">{t("import.notStored", { count: result.failed ?? 0 })}</p>
      )}
      {undone && <Kept undone={undone} />}
      <div className="qs-row">
        {!undone && (
          <Button
            icon={<Undo2 size={15} />}
            loading={undo.busy}
            onClick={() =>
              confirm({
                title: t("import.undoTitle"),
                text: t("import.undoText"),
                ok: t("import.undo"),
                run: () => undo.run(),
              })
            }
          >
            {t("import.undo")}
          </Button>
        )}
        <Button onClick={props.onAgain}>{t("import.again")}</Button>
        <Button type="primary" onClick={props.onDone}>
          {props.doneText}
        </Button>
      </div>
    </div>
  );
}
