/** The preview: what each row will become, what it repeats, and what the person decides about it. */
import { Button, Input, Radio, Segmented, Select, Table, Tag } from "antd";
import { useMemo, useState } from "react";
import { api } from "@/api/client";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { PublishCheck } from "@/features/evaluation/PublishCheck";
import { integer } from "@/lib/format";
import { useRows, useSubmit } from "../../settings/kit";
import type { Space } from "../types";
import {
  DUPLICATES,
  type Duplicates,
  decided,
  FIELDS,
  filterRows,
  type ImportRow,
  type RowFilter,
  resembles,
  rowState,
  summarize,
  willImport,
} from "./model";
import type { Preview } from "./Reading";

const TONES = { ready: "success", duplicate: "warning", error: "error" } as const;

/** What a row repeats or resembles, and how sure that is. */
function TwinLine({ row }: { row: ImportRow }) {
  const t = useT("knowledge");
  const twin = row.duplicate_of ?? row.similar_to;
  if (!twin || row.errors.length > 0) return null;
  const words =
    twin.type === "row" ? t("import.twin.row", { row: twin.row }) : twin.question || t("import.twin.hidden");
  const sure = Math.round(twin.probability * 100);
  return (
    <div className={resembles(row) ? "qk-muted" : "kn-twin"}>
      {t(`import.twin.${twin.how}`, { words, sure })}
    </div>
  );
}

export function Check(props: {
  preview: Preview;
  onBack: () => void;
  onCommit: (job: Id) => void;
  onColumns: (() => void) | undefined;
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  const { preview } = props;
  const [held, setHeld] = useState(preview.rows);
  const summary = useMemo(() => summarize(held), [held]);
  const spaces = useRows<Space>("/knowledge/spaces").rows ?? [];
  const [space, setSpace] = useState<Id | undefined>(undefined);
  const choose = useSubmit((rows: number[] | null, choice: Duplicates | null) =>
    api
      .post(`/knowledge/imports/${preview.id}/choices`, { ...(rows ? { rows } : {}), choice })
      .then(() =>
        setHeld((all) =>
          all.map((row) =>
            (rows ? rows.includes(row.row) : row.duplicate_of || row.similar_to || row.choice) &&
            (choice === null || row.choices?.includes(choice))
              ? { ...row, choice }
              : row,
          ),
        ),
      ),
  );
  const documents = held.some((row) => row.kind === "article");
  const decidable = held.filter((row) => row.duplicate_of || row.similar_to);
  const [filter, setFilter] = useState<RowFilter>(summary.error > 0 ? "error" : "all");
  const [query, setQuery] = useState("");
  const [duplicates, setDuplicates] = useState<Duplicates>("skip");
  const mayPublish = useCan("knowledge.publish");
  const [publish, setPublish] = useState(mayPublish && !documents);
  const [mayGo, setMayGo] = useState(true);
  const rows = filterRows(held, filter, query);
  const count = willImport(held, duplicates);
  const commit = useSubmit(
    () =>
      api.post<{ job_id: Id }>(`/knowledge/imports/${preview.id}/commit`, {
        duplicates,
        publish,
        ...(space ? { space_id: space } : {}),
      }),
    { onDone: (answer) => props.onCommit(answer.job_id) },
  );
  const label = (value: Duplicates) => t(value === "import" ? "import.asNew" : `import.${value}`);
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
          options={(["all", "ready", "duplicate", "similar", "error"] as const).map((state) => ({
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
        scroll={{ x: 880 }}
        tableLayout="fixed"
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
                {(row.source || row.url) && (
                  <div className="qk-muted qk-clip" title={row.url ?? row.source ?? ""}>
                    {row.url ?? row.source}
                    {row.pictures ? ` · ${t("import.pictures", { count: row.pictures })}` : ""}
                  </div>
                )}
                <TwinLine row={row} />
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
          { key: "category", title: t("faq.category"), width: 110, render: (_, row) => row.category ?? "–" },
          {
            key: "choice",
            title: t("import.decision"),
            width: 190,
            render: (_, row) =>
              row.errors.length === 0 && (row.duplicate_of || row.similar_to) ? (
                <Select<Duplicates | "all">
                  size="small"
                  style={{ width: 180 }}
                  aria-label={t("import.decisionOf", { name: row.question })}
                  value={row.choice ?? "all"}
                  onChange={(value) => void choose.run([row.row], value === "all" ? null : value)}
                  options={[
                    {
                      value: "all",
                      label: t("import.asAll", {
                        what: label(decided({ ...row, choice: null }, duplicates)),
                      }),
                    },
                    ...(row.choices ?? []).map((value) => ({ value, label: label(value) })),
                  ]}
                />
              ) : null,
          },
        ]}
      />
      {publish && count > 0 && (
        <PublishCheck
          key={`${duplicates} ${held.map((row) => row.choice ?? "").join()}`}
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
              options={DUPLICATES.map((value) => ({ value, label: label(value) }))}
            />
          </div>
        )}
        {decidable.some((row) => row.choice) && (
          <Button size="small" onClick={() => void choose.run(null, null)}>
            {t("import.forgetChoices")}
          </Button>
        )}
        {spaces.length > 1 && (
          <span className="qs-inline">
            <label htmlFor="import-space">{t("import.space")}</label>
            <Select
              id="import-space"
              allowClear
              style={{ width: 200 }}
              value={space}
              placeholder={spaces.find((one) => one.is_default)?.name}
              onChange={(value: Id | undefined) => setSpace(value)}
              options={spaces.map((one) => ({ value: one.id, label: one.name }))}
            />
          </span>
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
