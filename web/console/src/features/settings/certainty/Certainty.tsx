import { useQueryClient } from "@tanstack/react-query";
import { Alert, Checkbox, Slider, Table } from "antd";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { Chart } from "@/features/insight/Chart";
import { integer, percent } from "@/lib/format";
import {
  Field,
  FormProblem,
  Page,
  SaveBar,
  Section,
  State,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { outlookFor, points, standing, workingAt } from "./model";
import { Reviews } from "./Reviews";
import type { Certainty, KindCount, Outlook, Settings } from "./types";
import { Versions } from "./Versions";
import "@/features/insight/insight.css";
import "./certainty.css";

const PATH = "/bot/certainty";
const NEW_EXAMPLES = 20;

export default function CertaintyPage() {
  const t = useT("settings");
  const client = useQueryClient();
  const mayJudge = useCan("knowledge.edit");
  const view = useOne<Certainty>(PATH);
  const data = view.data;
  return (
    <Page wide title={t("nav.certainty")} description={t("certainty.description")}>
      <State loading={view.isPending} error={view.error} onRetry={() => void view.refetch()}>
        {data && (
          <>
            <Standing data={data} />
            <Accepted data={data} />
            <div className="qc-charts">
              <Curve data={data} />
              <Bins data={data} />
            </div>
            {mayJudge && (
              <Reviews onJudged={() => void client.invalidateQueries({ queryKey: [PATH, "one"] })} />
            )}
            <Kinds data={data} />
            <Versions />
          </>
        )}
      </State>
    </Page>
  );
}

function Standing({ data }: { data: Certainty }) {
  const t = useT("settings");
  const locale = useLocale();
  const state = standing(data);
  return (
    <Alert
      className="qc-standing"
      showIcon
      type={state === "measured" ? "success" : state === "stale" || state === "unshown" ? "warning" : "info"}
      title={t(`certainty.${state}`)}
      description={t(`certainty.${state}Text`, {
        reviewed: integer(
          state === "measured" || state === "unshown" ? (data.active?.reviewed ?? 0) : data.reviewed,
          locale,
        ),
        accepted: percent(data.settings.max_error, locale),
        fewest: integer(data.fewest, locale),
        version: data.active?.version ?? 0,
        examples: integer(data.active?.examples ?? 0, locale),
        confidence: percent(data.confidence, locale),
      })}
    />
  );
}

/** The accepted errors, and what each would have made of the questions that were really asked. */
function Accepted({ data }: { data: Certainty }) {
  const t = useT("settings");
  const locale = useLocale();
  const mayEdit = useCan("settings.manage");
  const draft = useDraft<Settings>(data.settings);
  const { value, set, accept, dirty } = draft;
  useEffect(() => {
    if (!dirty) accept(data.settings);
  }, [data.settings, dirty, accept]);
  useUnsavedGuard(dirty);
  const client = useQueryClient();
  const save = useSubmit(() => api.put<Settings>(`${PATH}/settings`, value), {
    // The batch being judged stays as it was drawn.
    stale: ["/bot/settings", `${PATH}/fits`],
    draft,
    done: t("certainty.saved"),
    onDone: (saved) => {
      accept(saved);
      void client.invalidateQueries({ queryKey: [PATH, "one"] });
    },
  });
  const share = (ratio: number) => percent(ratio, locale);
  const basis = (one: Outlook) => t(one.shown ? "certainty.byExamples" : "certainty.byProbability");
  const answers = outlookFor(data.answers, value.max_error);
  const choices = outlookFor(data.choices, value.max_useless);
  const now = outlookFor(data.answers, data.settings.max_error);
  const nowChoices = outlookFor(data.choices, data.settings.max_useless);
  const asked = { days: data.days, questions: integer(data.questions, locale) };
  return (
    <Section title={t("certainty.accepted")} description={t("certainty.acceptedText")}>
      <FormProblem problems={draft.problems} />
      <div className="qc-sliders">
        <Field label={`${t("certainty.maxError")}: ${share(value.max_error)}`}>
          <Slider
            min={1}
            max={50}
            disabled={!mayEdit}
            value={Math.round(value.max_error * 100)}
            ariaLabelForHandle={t("certainty.maxError")}
            marks={{ 1: t("certainty.careful"), 50: t("certainty.bold") }}
            tooltip={{ formatter: (error) => share((error ?? 0) / 100) }}
            onChange={(error) => set({ max_error: error / 100 })}
          />
          {answers && now && (
            <div className="qc-outlook" aria-live="polite">
              {data.questions > 0 ? (
                <>
                  <Shares outlook={answers} />
                  {t("certainty.preview", {
                    ...asked,
                    accepted: share(value.max_error),
                    share: share(answers.answered),
                    now: share(now.answered),
                    offered: share(answers.offered),
                    neither: share(answers.neither),
                  })}
                </>
              ) : (
                t("certainty.noQuestions", asked)
              )}
              <small>
                {t("certainty.threshold", { threshold: share(answers.threshold), basis: basis(answers) })}
              </small>
            </div>
          )}
        </Field>
        <Field label={`${t("certainty.maxUseless")}: ${share(value.max_useless)}`}>
          <Slider
            min={5}
            max={90}
            step={5}
            disabled={!mayEdit}
            value={Math.round(value.max_useless * 100)}
            ariaLabelForHandle={t("certainty.maxUseless")}
            marks={{ 5: t("certainty.careful"), 90: t("certainty.bold") }}
            tooltip={{ formatter: (useless) => share((useless ?? 0) / 100) }}
            onChange={(useless) => set({ max_useless: useless / 100 })}
          />
          {choices && nowChoices && (
            <div className="qc-outlook" aria-live="polite">
              {data.questions > 0 &&
                t("certainty.previewChoices", {
                  accepted: share(value.max_useless),
                  share: share(choices.offered),
                  now: share(nowChoices.offered),
                })}
              <small>
                {t("certainty.thresholdChoices", {
                  threshold: share(choices.threshold),
                  basis: basis(choices),
                })}
              </small>
            </div>
          )}
        </Field>
      </div>
      <div className="qc-switches">
        <Checkbox
          checked={value.enabled}
          disabled={!mayEdit}
          onChange={(event) => set({ enabled: event.target.checked })}
        >
          {t("certainty.enabled")}
        </Checkbox>
        <Checkbox
          checked={value.automatic}
          disabled={!mayEdit || !value.enabled}
          onChange={(event) => set({ automatic: event.target.checked })}
        >
          {t("certainty.automatic")}
        </Checkbox>
        <span className="qc-note">{t("certainty.automaticHelp", { count: NEW_EXAMPLES })}</span>
      </div>
      <SaveBar dirty={dirty} saving={save.busy} onReset={draft.reset} onSave={() => void save.run()} />
    </Section>
  );
}

function Shares({ outlook }: { outlook: Outlook }) {
  return (
    <div className="qc-shares" aria-hidden>
      <i className="qc-answered" style={{ width: `${outlook.answered * 100}%` }} />
      <i className="qc-offered" style={{ width: `${outlook.offered * 100}%` }} />
    </div>
  );
}

function Curve({ data }: { data: Certainty }) {
  const t = useT("settings");
  const locale = useLocale();
  const { curve } = data;
  const now = outlookFor(data.answers, data.settings.max_error);
  const here = workingAt(curve, now?.answered ?? 0);
  const top = Math.max(5, ...curve.map((one) => points(one.bound ?? one.measured ?? one.predicted) ?? 0));
  const confidence = percent(data.confidence, locale);
  return (
    <Section title={t("certainty.curve")} description={t("certainty.curveText")}>
      <State
        empty={curve.length === 0}
        emptyTitle={t("certainty.noExamples")}
        emptyText={t("certainty.noQuestions", { days: data.days })}
      >
        <Chart
          label={t("certainty.curve")}
          unit={t("certainty.wrongShare")}
          corner={t("certainty.coverage")}
          categories={curve.map((one) => percent(one.coverage, locale))}
          series={[
            {
              name: t("certainty.predicted"),
              kind: "line",
              tone: "before",
              values: curve.map((one) => points(one.predicted)),
            },
            ...(data.basis === "none"
              ? []
              : [
                  {
                    name: t("certainty.measuredSeries"),
                    kind: "line" as const,
                    tone: "accent" as const,
                    values: curve.map((one) => points(one.measured)),
                  },
                ]),
            ...(data.basis === "reviewed"
              ? [
                  {
                    name: t("certainty.bound", { confidence }),
                    kind: "line" as const,
                    tone: "breach" as const,
                    values: curve.map((one) => points(one.bound)),
                  },
                ]
              : []),
            ...(here >= 0
              ? [
                  {
                    name: t("certainty.here"),
                    kind: "bar" as const,
                    tone: "ok" as const,
                    values: curve.map((_, index) => (index === here ? top : null)),
                  },
                ]
              : []),
          ]}
        />
        {data.basis !== "reviewed" && (
          <p className="qc-note">{t(data.basis === "all" ? "certainty.curveAll" : "certainty.curveNone")}</p>
        )}
      </State>
    </Section>
  );
}

function Bins({ data }: { data: Certainty }) {
  const t = useT("settings");
  const locale = useLocale();
  return (
    <Section title={t("certainty.bins")} description={t("certainty.binsText")}>
      <State
        empty={data.bins.length === 0}
        emptyTitle={t("certainty.noExamples")}
        emptyText={t("certainty.binsEmpty")}
      >
        <Chart
          label={t("certainty.bins")}
          unit={t("certainty.rightShare")}
          corner={t("certainty.range")}
          categories={data.bins.map(
            (one) =>
              `${percent(one.low, locale)}–${percent(one.high, locale)} (${integer(one.count, locale)})`,
          )}
          series={[
            {
              name: t("certainty.said"),
              kind: "bar",
              tone: "before",
              values: data.bins.map((one) => points(one.said)),
            },
            {
              name: t("certainty.came"),
              kind: "bar",
              tone: "accent",
              values: data.bins.map((one) => points(one.right)),
            },
          ]}
        />
      </State>
    </Section>
  );
}

function Kinds({ data }: { data: Certainty }) {
  const t = useT("settings");
  const locale = useLocale();
  const figure = (value: number) => <span className="qk-num">{integer(value, locale)}</span>;
  return (
    <Section
      title={t("certainty.examples")}
      description={t("certainty.examplesText", {
        labelled: integer(data.labelled, locale),
        all: integer(data.labelled + data.unlabelled, locale),
      })}
    >
      <State
        empty={data.kinds.length === 0}
        emptyTitle={t("certainty.noExamples")}
        emptyText={t("certainty.noExamplesText")}
      >
        <Table<KindCount>
          size="small"
          rowKey="kind"
          pagination={false}
          scroll={{ x: "max-content" }}
          aria-label={t("certainty.examples")}
          dataSource={data.kinds}
          columns={[
            {
              key: "kind",
              title: t("certainty.kind"),
              render: (_, one) => t(`certainty.kinds.${one.kind}`),
            },
            {
              key: "weight",
              title: t("certainty.weight"),
              align: "right",
              render: (_, one) => (
                <span className="qk-num">
                  {one.weight > 0
                    ? `${percent(one.weight, locale)} · ${t(one.strong ? "certainty.strong" : "certainty.weak")}`
                    : "–"}
                </span>
              ),
            },
            {
              key: "right",
              title: t("certainty.right"),
              align: "right",
              render: (_, one) => figure(one.right),
            },
            {
              key: "wrong",
              title: t("certainty.wrong"),
              align: "right",
              render: (_, one) => figure(one.wrong),
            },
            {
              key: "useful",
              title: t("certainty.useful"),
              align: "right",
              render: (_, one) => figure(one.useful),
            },
            {
              key: "useless",
              title: t("certainty.useless"),
              align: "right",
              render: (_, one) => figure(one.useless),
            },
          ]}
        />
      </State>
    </Section>
  );
}
