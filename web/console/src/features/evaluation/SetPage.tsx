import { Link, useParams } from "@tanstack/react-router";
import { Button, Dropdown, Modal, Progress, Select, Space, Tabs, Tag } from "antd";
import {
  ChevronDown,
  Download,
  FlaskConical,
  GitCompareArrows,
  MoreHorizontal,
  Plus,
  Quote,
  ThumbsUp,
  Upload,
} from "lucide-react";
import { useState } from "react";
import { api, url } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  EditDrawer,
  Page,
  State,
  useConfirm,
  useOne,
  usePages,
  useSettled,
  useSubmit,
} from "../settings/kit";
import { ConfigFields, Expected } from "./bits";
import { bodyOf, type CaseDraft, CaseFields, draftOf, ready } from "./CaseForm";
import { HoldOutDialog, UploadDialog, VotesDrawer } from "./Collect";
import { going, inWords, share } from "./model";
import type { Case, Config, Run, TestSet } from "./types";

export default function SetPage() {
  const { setId } = useParams({ strict: false }) as { setId: string };
  const t = useT("evaluation");
  const go = useGo();
  const confirm = useConfirm();
  const mayDecide = useCan("evaluation.decide");
  const path = `/evaluation/sets/${setId}`;
  const set = useOne<TestSet>(path);
  const [tab, setTab] = useState("runs");
  const [asking, setAsking] = useState(false);
  const [config, setConfig] = useState<Config>({ knowledge: "live", model: false });
  const start = useSubmit(() => api.post<Run>(`${path}/runs`, { config }), {
    stale: [path],
    onDone: (run) => go(`/evaluation/runs/${run.id}`),
  });
  const remove = useSubmit(() => api.delete(path), {
    stale: ["/evaluation/sets"],
    done: t("set.deleted"),
    onDone: () => go("/evaluation"),
  });
  const guard = useSubmit((gate: boolean) => api.patch(path, { gate }), { stale: ["/evaluation/sets"] });
  const data = set.data;
  return (
    <Page
      wide
      title={
        <>
          {data?.name ?? ""} {data?.gate && <Tag color="processing">{t("set.gate")}</Tag>}
        </>
      }
      description={data?.description}
      onBack={() => go("/evaluation")}
      actions={
        <>
          <Button
            type="primary"
            icon={<FlaskConical size={15} />}
            disabled={!data?.cases}
            onClick={() => setAsking(true)}
          >
            {t("run.start")}
          </Button>
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                ...(["csv", "jsonl"] as const).map((kind) => ({
                  key: kind,
                  icon: <Download size={15} />,
                  label: <a href={url(`${path}/download.${kind}`)}>{t(`set.download.${kind}`)}</a>,
                })),
                {
                  key: "gate",
                  disabled: !mayDecide,
                  label: t(data?.gate ? "set.ungate" : "set.makeGate"),
                  onClick: () => void guard.run(!data?.gate),
                },
                {
                  key: "delete",
                  danger: true,
                  disabled: data?.gate === true && !mayDecide,
                  label: t("set.delete"),
                  onClick: () =>
                    void confirm({
                      title: t("set.deleteTitle", { name: data?.name ?? "" }),
                      text: t("set.deleteText"),
                      ok: t("set.delete"),
                      run: () => remove.run(),
                    }),
                },
              ],
            }}
          >
            <Button icon={<MoreHorizontal size={15} />} aria-label={t("more")} />
          </Dropdown>
        </>
      }
    >
      <State loading={set.isPending} error={set.error} onRetry={() => void set.refetch()}>
        <Tabs
          activeKey={tab}
          onChange={setTab}
          items={[
            {
              key: "runs",
              label: t("set.runs"),
              children: <Runs setId={setId} onCases={() => setTab("cases")} />,
            },
            {
              key: "cases",
              label: `${t("set.cases")} ${data?.cases ?? ""}`,
              children: <Cases setId={setId} />,
            },
          ]}
        />
      </State>
      <Modal
        open={asking}
        title={t("run.start")}
        okText={t("run.go")}
        confirmLoading={start.busy}
        onOk={() => void start.run()}
        onCancel={() => setAsking(false)}
      >
        <p className="qk-muted">{t("run.what", { count: data?.cases ?? 0 })}</p>
        <ConfigFields value={config} onChange={setConfig} />
      </Modal>
    </Page>
  );
}

function Runs(props: { setId: string; onCases: () => void }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const go = useGo();
  const [chosen, setChosen] = useState<string[]>([]);
  const runs = usePages<Run>(`/evaluation/sets/${props.setId}/runs`, {});
  const rows = runs.rows ?? [];
  const number = (
    run: Run,
    key: "accuracy" | "coverage" | "right_of_answered" | "recall_5" | "false_answer_rate",
  ) => <span className="qk-num">{share(run.figures?.[key], locale)}</span>;
  const columns: Column<Run>[] = [
    {
      key: "what",
      title: t("run.config"),
      fixedIn: true,
      render: (_, run) => (
        <>
          <Link to={`/evaluation/runs/${run.id}` as string}>{inWords(run.config, t, locale)}</Link>{" "}
          {run.purpose === "gate" && <Tag>{t("run.ofGate")}</Tag>}
          <div className="qk-muted">
            <RelativeTime at={run.created_at} />
          </div>
        </>
      ),
    },
    {
      key: "state",
      title: t("run.state"),
      render: (_, run) =>
        going(run) ? (
          <Progress
            size="small"
            style={{ width: 120 }}
            percent={run.total ? Math.round((run.done / run.total) * 100) : 0}
          />
        ) : (
          t(`run.states.${run.state}`)
        ),
    },
    ...(["accuracy", "coverage", "right_of_answered", "recall_5", "false_answer_rate"] as const).map(
      (key): Column<Run> => ({
        key,
        title: t(`figure.${key}`),
        align: "right",
        render: (_, run) => number(run, key),
      }),
    ),
  ];
  // The older one is what the newer is held against.
  const pair = rows.filter((run) => chosen.includes(run.id)).reverse();
  return (
    <DataTable
      id="evaluation-runs"
      label={t("set.runs")}
      rows={runs.rows}
      rowKey="id"
      columns={columns}
      loading={runs.loading}
      error={runs.error}
      onRetry={() => void runs.refetch()}
      more={runs.more}
      onOpen={(run) => go(`/evaluation/runs/${run.id}`)}
      emptyTitle={t("run.none")}
      emptyText={t("run.noneText")}
      emptyAction={<Button onClick={props.onCases}>{t("run.toCases")}</Button>}
      filters={
        <>
          <Button
            icon={<GitCompareArrows size={15} />}
            disabled={pair.length !== 2}
            aria-describedby={pair.length === 2 ? undefined : "evaluation-compare-pick"}
            onClick={() => go(`/evaluation/compare/${pair[0]?.id}/${pair[1]?.id}`)}
          >
            {t("compare.title")}
          </Button>
          {pair.length !== 2 && rows.length > 0 && (
            <span id="evaluation-compare-pick" className="qk-muted">
              {t("compare.pick")}
            </span>
          )}
        </>
      }
      table={{
        rowSelection: {
          selectedRowKeys: chosen,
          hideSelectAll: true,
          onChange: (keys) => setChosen(keys.map(String).slice(-2)),
          getCheckboxProps: (run) => ({
            disabled: run.state !== "done",
            "aria-label": inWords(run.config, t, locale),
          }),
        },
      }}
    />
  );
}

function Cases({ setId }: { setId: string }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const confirm = useConfirm();
  const path = `/evaluation/sets/${setId}`;
  const [words, setWords] = useState("");
  const [expects, setExpects] = useState<string>();
  const [open, setOpen] = useState<Case | "new" | null>(null);
  const [collect, setCollect] = useState<"votes" | "phrasings" | "file" | null>(null);
  const query = { q: useSettled(words.trim()), expects };
  const cases = usePages<Case>(`${path}/cases`, query);
  const remove = useSubmit((id: string) => api.delete(`/evaluation/cases/${id}`), {
    stale: [path, "/evaluation/sets"],
  });
  const columns: Column<Case>[] = [
    {
      key: "question",
      title: t("case.question"),
      fixedIn: true,
      render: (_, one) => (
        <div className="ev-wide">
          {one.context && <div className="qk-muted">{t("case.after", { question: one.context })}</div>}
          <strong>{one.question}</strong>
          {one.note && <div className="qk-muted">{one.note}</div>}
        </div>
      ),
    },
    {
      key: "expected",
      title: t("case.expects"),
      render: (_, one) => (
        <>
          <Expected expects={one.expects} expected={one.expected} flow={one.flow} />
          {one.gone && <Tag color="warning">{t("case.gone")}</Tag>}
        </>
      ),
    },
    { key: "reader", title: t("case.reader"), extra: true, render: (_, one) => t(`reader.${one.reader}`) },
    { key: "locale", title: t("case.locale"), extra: true, render: (_, one) => t(`locale.${one.locale}`) },
    {
      key: "source",
      title: t("case.source"),
      render: (_, one) =>
        one.source.conversation_id ? (
          <Link to={`/inbox/${one.source.conversation_id}` as string}>{t(`source.${one.source.kind}`)}</Link>
        ) : (
          <span className="qk-muted">{t(`source.${one.source.kind}`)}</span>
        ),
    },
    {
      key: "act",
      title: "",
      width: 90,
      render: (_, one) => (
        <Button
          size="small"
          type="text"
          danger
          onClick={() =>
            void confirm({
              title: t("case.deleteTitle"),
              text: one.question,
              ok: t("case.delete"),
              run: () => remove.run(one.id),
            })
          }
        >
          {t("case.delete")}
        </Button>
      ),
    },
  ];
  const add = (
    <Space.Compact>
      <Button type="primary" icon={<Plus size={15} />} onClick={() => setOpen("new")}>
        {t("case.new")}
      </Button>
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          items: [
            { key: "votes", icon: <ThumbsUp size={15} />, label: t("collect.votes") },
            { key: "phrasings", icon: <Quote size={15} />, label: t("collect.phrasings") },
            { key: "file", icon: <Upload size={15} />, label: t("collect.file") },
          ],
          onClick: ({ key }) => setCollect(key as "votes" | "phrasings" | "file"),
        }}
      >
        <Button type="primary" icon={<ChevronDown size={15} />} aria-label={t("collect.more")} />
      </Dropdown>
    </Space.Compact>
  );
  return (
    <>
      <DataTable
        id="evaluation-cases"
        label={t("set.cases")}
        rows={cases.rows}
        rowKey="id"
        columns={columns}
        loading={cases.loading}
        error={cases.error}
        onRetry={() => void cases.refetch()}
        more={cases.more}
        onOpen={setOpen}
        narrowed={Boolean(query.q || expects)}
        emptyTitle={t("case.empty")}
        emptyText={t("case.emptyText")}
        emptyAction={add}
        search={{ value: words, onChange: setWords, placeholder: t("case.search") }}
        filters={
          <Select
            allowClear
            style={{ minWidth: 150 }}
            placeholder={t("case.any")}
            aria-label={t("case.any")}
            value={expects}
            onChange={setExpects}
            options={(["texts", "none", "flow"] as const).map((one) => ({
              value: one,
              label: t(`expects.choice.${one}`),
            }))}
          />
        }
        actions={add}
      />
      {open && (
        <CaseDrawer
          key={open === "new" ? "new" : open.id}
          setId={setId}
          known={open === "new" ? null : open}
          onClose={() => setOpen(null)}
          locale={locale === "en" ? "en" : "zh-CN"}
        />
      )}
      {collect === "votes" && <VotesDrawer setId={setId} onClose={() => setCollect(null)} />}
      {collect === "phrasings" && <HoldOutDialog setId={setId} onClose={() => setCollect(null)} />}
      {collect === "file" && <UploadDialog setId={setId} onClose={() => setCollect(null)} />}
    </>
  );
}

function CaseDrawer(props: {
  setId: string;
  known: Case | null;
  locale: "zh-CN" | "en";
  onClose: () => void;
}) {
  const t = useT("evaluation");
  const path = `/evaluation/sets/${props.setId}`;
  const [draft, setDraft] = useState<CaseDraft>(() => draftOf(props.known, props.locale, t("text.hidden")));
  const [dirty, setDirty] = useState(false);
  const save = useSubmit(
    () =>
      props.known
        ? api.put<{ known?: boolean }>(`/evaluation/cases/${props.known.id}`, bodyOf(draft))
        : api.post<{ known?: boolean }>(`${path}/cases`, bodyOf(draft)),
    {
      stale: [path, "/evaluation/sets"],
      done: (result) => t(result.known ? "add.known" : "case.saved"),
      onDone: props.onClose,
    },
  );
  return (
    <EditDrawer
      open
      title={t(props.known ? "case.edit" : "case.new")}
      dirty={dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() => ready(draft) && void save.run()}
    >
      <CaseFields
        value={draft}
        onChange={(patch) => {
          setDirty(true);
          setDraft({ ...draft, ...patch });
        }}
      />
    </EditDrawer>
  );
}
