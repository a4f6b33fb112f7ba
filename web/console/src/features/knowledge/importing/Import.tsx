import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input, Progress, Radio, Segmented, Steps, Table, Tag, Upload } from "antd";
import { CircleCheck, CircleX, FileSpreadsheet, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, upload } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import type { Id, Job } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { PublishCheck } from "@/features/evaluation/PublishCheck";
import { integer } from "@/lib/format";
import { Page, useConfirm, useSubmit } from "../../settings/kit";
import { Columns } from "./Columns";
import { History } from "./History";
import {
  ACCEPTED,
  acceptedFile,
  columnsRefused,
  DUPLICATES,
  type Duplicates,
  FIELDS,
  filterRows,
  type ImportColumn,
  type ImportRow,
  type Mapping,
  mappingField,
  mappingOf,
  type RowFilter,
  rowState,
  summarize,
  templateCsv,
  willImport,
} from "./model";

interface Preview {
  id: Id;
  filename?: string;
  /** Empty for files that are not tables. */
  columns: ImportColumn[];
  rows: ImportRow[];
}

/** A file whose columns the person is asked about. */
interface Asking {
  file: File;
  columns: ImportColumn[];
  mapping: Mapping;
  refused: boolean;
}

const TONES = { ready: "success", duplicate: "warning", error: "error" } as const;

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
  const [jobId, setJobId] = useState<Id | null>(null);
  const [finished, setFinished] = useState<Job | null>(null);
  const step = finished ? 3 : jobId ? 2 : preview ? 1 : 0;
  const restart = () => {
    setAsking(null);
    setFile(null);
    setPreview(null);
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
      {step === 0 && (
        <Choose
          onPreview={(found, from) => {
            setFile(from);
            setPreview(found);
          }}
          onAsk={setAsking}
          asking={asking}
        />
      )}
      {step === 0 && !asking && props.history && <History />}
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
          ...(mapping ? { fields: { mapping: mappingField(mapping) } } : {}),
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
        <Button type="link" onClick={template}>
          {t("import.template")}
        </Button>
        <span className="qk-muted">{t("import.columns")}</span>
      </p>
    </div>
  );
}

function Check(props: {
  preview: Preview;
  onBack: () => void;
  onCommit: (job: Id) => void;
  onColumns: (() => void) | undefined;
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  const { preview } = props;
  const summary = summarize(preview.rows);
  const [filter, setFilter] = useState<RowFilter>(summary.error > 0 ? "error" : "all");
  const [query, setQuery] = useState("");
  const [duplicates, setDuplicates] = useState<Duplicates>("skip");
  const mayPublish = useCan("knowledge.publish");
  const [publish, setPublish] = useState(mayPublish);
  const [mayGo, setMayGo] = useState(true);
  const rows = filterRows(preview.rows, filter, query);
  const count = willImport(summary, duplicates);
  const commit = useSubmit(
    () => api.post<{ job_id: Id }>(`/knowledge/imports/${preview.id}/commit`, { duplicates, publish }),
    { onDone: (answer) => props.onCommit(answer.job_id) },
  );
  return (
    <div>
      <div className="kn-figures">
        {(["ready", "duplicate", "error"] as const).map((state) => (
          <div key={state} className={`kn-figure kn-figure-${state}`}>
            <b>{integer(summary[state], locale)}</b>
            <span>{t(`import.state.${state}`)}</span>
          </div>
        ))}
        <div className="kn-figure">
          <b>{integer(summary.variants, locale)}</b>
          <span>{t("faq.variants")}</span>
        </div>
        <div className="kn-figure" title={summary.categories.join(", ")}>
          <b>{integer(summary.categories.length, locale)}</b>
          <span>{t("nav.categories")}</span>
        </div>
      </div>
      {props.onColumns && (
        <p className="qs-row qk-gap">
          <span className="qk-muted">{t("import.mapUsed")}</span>
          {FIELDS.map((field) => {
            const column = preview.columns.find((one) => one.field === field);
            if (!column) return null;
            const name = column.name || t("import.mapColumn", { n: column.index + 1 });
            const label = t(`import.field.${field}`);
            return <Tag key={field}>{name === label ? label : `${name} → ${label}`}</Tag>;
          })}
          <Button type="link" size="small" onClick={props.onColumns}>
            {t("import.mapChange")}
          </Button>
        </p>
      )}
      <div className="qk-toolbar">
        <Segmented<RowFilter>
          aria-label={t("import.show")}
          value={filter}
          onChange={setFilter}
          options={(["all", "ready", "duplicate", "error"] as const).map((state) => ({
            value: state,
            label: `${t(`import.filter.${state}`)} ${integer(state === "all" ? summary.total : summary[state], locale)}`,
          }))}
        />
        <Input.Search
          allowClear
          style={{ width: 240 }}
          value={query}
          placeholder={t("import.search")}
          aria-label={t("import.search")}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <Table<ImportRow>
        size="small"
        rowKey="row"
        dataSource={rows}
        aria-label={t("import.step.check")}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: t("import.noRows") }}
        columns={[
          {
            key: "row",
            title: t("import.row"),
            width: 64,
            align: "right",
            className: "qk-num",
            render: (_, row) => row.row,
          },
          {
            key: "state",
            title: t("faq.status"),
            width: 110,
            render: (_, row) => <Tag color={TONES[rowState(row)]}>{t(`import.filter.${rowState(row)}`)}</Tag>,
          },
          {
            key: "question",
            title: t("faq.question"),
            render: (_, row) => (
              <div className="kn-q">
                <strong className="qk-clip">{row.question || "–"}</strong>
                {row.variants.length > 0 && (
                  <div className="qk-muted qk-clip">{row.variants.join(" · ")}</div>
                )}
                {row.errors.length > 0 && (
                  <ul className="kn-errors">
                    {row.errors.map((error) => (
                      <li key={error.field + error.message}>{error.message}</li>
                    ))}
                  </ul>
                )}
              </div>
            ),
          },
          {
            key: "answer",
            title: t("faq.answer"),
            render: (_, row) => <div className="kn-q qk-clip">{row.answer}</div>,
          },
          { key: "category", title: t("faq.category"), render: (_, row) => row.category ?? "–" },
        ]}
      />
      {publish && count > 0 && (
        <PublishCheck
          key={duplicates}
          importId={preview.id}
          duplicates={duplicates}
          texts={summary.ready + summary.duplicate}
          onMay={setMayGo}
        />
      )}
      <div className="qs-row" style={{ marginTop: 16, gap: 24 }}>
        {summary.duplicate > 0 && (
          <div className="qs-row" role="group" aria-label={t("import.duplicates")}>
            <span>{t("import.duplicates")}</span>
            <Radio.Group
              value={duplicates}
              onChange={(event) => setDuplicates(event.target.value)}
              options={DUPLICATES.map((value) => ({
                value,
                label: t(value === "import" ? "import.asNew" : `import.${value}`),
              }))}
            />
          </div>
        )}
        <Radio.Group
          value={publish}
          onChange={(event) => setPublish(event.target.value)}
          options={[
            { value: true, label: t("import.publishNow"), disabled: !mayPublish },
            { value: false, label: t("import.asDraft") },
          ]}
        />
        <span className="qk-toolbar-space" />
        <Button onClick={props.onBack}>{t("import.otherFile")}</Button>
        <Button
          type="primary"
          disabled={count === 0 || (publish && !mayGo)}
          loading={commit.busy}
          onClick={() => void commit.run()}
        >
          {t("import.commit", { count })}
        </Button>
      </div>
      {summary.error > 0 && <p className="qk-muted">{t("import.errorsSkipped", { count: summary.error })}</p>}
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
  const [undone, setUndone] = useState(false);
  const failed = props.job.state === "failed";
  const result = (props.job.result ?? {}) as {
    created?: number;
    updated?: number;
    skipped?: number;
    failed?: number;
  };
  const undo = useSubmit(() => api.post(`/knowledge/imports/${props.importId}/undo`), {
    done: t("import.undone"),
    onDone: () => {
      setUndone(true);
      void client.invalidateQueries({
        predicate: (query) => String(query.queryKey[0]).startsWith("/knowledge"),
      });
    },
  });
  return (
    <div className="kn-done">
      {failed ? (
        <CircleX size={44} color="var(--q-breach)" aria-hidden />
      ) : (
        <CircleCheck size={44} color="var(--q-ok)" aria-hidden />
      )}
      <h2>{t(undone ? "import.undone" : failed ? "import.failed" : "import.finished")}</h2>
      {failed ? (
        <p>{props.job.message ?? t("import.failedText")}</p>
      ) : (
        <p className="qk-num">
          {t("import.result", {
            created: integer(result.created ?? props.job.done, locale),
            updated: integer(result.updated ?? 0, locale),
            skipped: integer(result.skipped ?? 0, locale),
          })}
        </p>
      )}
      <div className="qs-row">
        {!failed && !undone && (
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
