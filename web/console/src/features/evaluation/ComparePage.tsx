import { Link, useParams } from "@tanstack/react-router";
import { Alert, Button, Segmented, Table, Tooltip } from "antd";
import { ArrowRight, MessageCirclePlus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import type { Faq } from "@/features/knowledge/types";
import { absoluteTime, percent } from "@/lib/format";
import { Page, State, useOne, usePages, useSubmit } from "../settings/kit";
import { Expected, Given, VerdictDot } from "./bits";
import { COMPARED, inWords, moved, share } from "./model";
import { Why } from "./RunPage";
import type { Comparison, Pair, Result } from "./types";

const ONLY = ["changed", "worse", "better", "all"] as const;

export default function ComparePage() {
  const { before, after } = useParams({ strict: false }) as { before: string; after: string };
  const t = useT("evaluation");
  const locale = useLocale();
  const go = useGo();
  const path = `/evaluation/runs/${before}/compare/${after}`;
  const summary = useOne<Comparison>(path);
  const [only, setOnly] = useState<(typeof ONLY)[number]>("changed");
  const pairs = usePages<Pair>(`${path}/cases`, only === "all" ? {} : { only });
  const data = summary.data;
  const sides = data && ([data.before, data.after] as const);
  return (
    <Page
      wide
      title={t("compare.title")}
      description={t("compare.text")}
      onBack={() => go(data ? `/evaluation/sets/${data.after.set_id}` : "/evaluation")}
      actions={
        <Button onClick={() => go(`/evaluation/compare/${after}/${before}`)}>{t("compare.swap")}</Button>
      }
    >
      <State loading={summary.isPending} error={summary.error} onRetry={() => void summary.refetch()}>
        {data && sides && (
          <>
            <Alert
              className="qk-gap"
              showIcon
              type={
                data.sign.says === "sure" || data.sign.says === "likely"
                  ? data.sign.worse > data.sign.better
                    ? "error"
                    : "success"
                  : "info"
              }
              title={t(`compare.says.${data.sign.says}`, {
                better: data.sign.better,
                worse: data.sign.worse,
                direction: t(data.sign.worse > data.sign.better ? "compare.worse" : "compare.better"),
              })}
              description={t("compare.counted", {
                common: data.common,
                regressions: data.regressions,
                improvements: data.improvements,
                p: data.sign.p < 0.001 ? "< 0.001" : data.sign.p.toFixed(3),
              })}
            />
            {data.only_before + data.only_after > 0 && (
              <p className="qk-muted">
                {t("compare.uncommon", { before: data.only_before, after: data.only_after })}
              </p>
            )}
            <Table
              size="small"
              rowKey="key"
              pagination={false}
              className="qk-gap"
              aria-label={t("compare.figures")}
              scroll={{ x: "max-content" }}
              dataSource={[...COMPARED]}
              columns={[
                { key: "what", title: t("compare.figures"), render: (_, row) => t(`figure.${row.key}`) },
                ...sides.map((run, n) => ({
                  key: n ? "after" : "before",
                  align: "right" as const,
                  title: (
                    <span>
                      {t(n ? "compare.after" : "compare.before")}
                      <div className="qk-muted">{inWords(run.config, t, locale)}</div>
                      <div className="qk-muted">{absoluteTime(run.created_at, locale)}</div>
                    </span>
                  ),
                  render: (_: unknown, row: (typeof COMPARED)[number]) => (
                    <span className="qk-num">{share(run.figures?.[row.key], locale)}</span>
                  ),
                })),
                {
                  key: "moved",
                  align: "right",
                  title: t("compare.moved"),
                  render: (_, row) => {
                    const by = moved(data.before.figures, data.after.figures, row.key);
                    if (by === null) return "–";
                    const points = Math.round(by * 1000) / 10;
                    const good = row.lower ? points < 0 : points > 0;
                    const tone = points === 0 ? "" : good ? "ev-good" : "ev-bad";
                    return (
                      <span className={`qk-num ${tone}`}>
                        {t("compare.points", { points: `${points > 0 ? "+" : ""}${points}` })}
                      </span>
                    );
                  },
                },
              ]}
            />
            <Segmented
              className="qk-gap"
              value={only}
              aria-label={t("compare.show")}
              onChange={setOnly}
              options={ONLY.map((one) => ({ value: one, label: t(`compare.only.${one}`) }))}
            />
            <State
              loading={pairs.loading && !pairs.rows}
              error={pairs.rows ? undefined : pairs.error}
              onRetry={() => void pairs.refetch()}
              empty={(pairs.rows ?? []).length === 0}
              emptyTitle={t("compare.none")}
            >
              <ul className="ev-pairs">
                {(pairs.rows ?? []).map((pair) => (
                  <PairRow key={pair.after.case_id} pair={pair} />
                ))}
              </ul>
              {pairs.more.has && (
                <div className="qk-more">
                  <Button onClick={pairs.more.load} loading={pairs.more.loading}>
                    {t("moreRows")}
                  </Button>
                </div>
              )}
            </State>
          </>
        )}
      </State>
    </Page>
  );
}

function PairRow({ pair }: { pair: Pair }) {
  const t = useT("evaluation");
  const [open, setOpen] = useState(false);
  const tone = pair.change < 0 ? "worse" : pair.change > 0 ? "better" : "same";
  return (
    <li className={`ev-row ev-row-${tone}`}>
      <div className="ev-row-head">
        <div>
          <span className={`ev-change ev-change-${tone}`}>{t(`compare.${tone}`)}</span>
          {pair.after.context && (
            <span className="qk-muted">{t("case.after", { question: pair.after.context })} </span>
          )}
          <strong>{pair.after.question}</strong>
          <div className="qk-muted">
            {t("case.expects")}:{" "}
            <Expected expects={pair.after.expects} expected={pair.after.expected} flow={pair.after.flow} />
          </div>
        </div>
        <div className="qs-row">
          {pair.mend && pair.after.verdict !== "right" && <Mend pair={pair} faqId={pair.mend} />}
          <Button size="small" type="text" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t(open ? "compare.less" : "compare.why")}
          </Button>
        </div>
      </div>
      <div className="ev-sides">
        <SideOf result={pair.before} label={t("compare.before")} open={open} />
        <ArrowRight size={16} aria-hidden />
        <SideOf result={pair.after} label={t("compare.after")} open={open} />
      </div>
    </li>
  );
}

function SideOf(props: { result: Result; label: string; open: boolean }) {
  const locale = useLocale();
  const { result } = props;
  return (
    <div>
      <div className="ev-side-head">
        <span className="q-sr">{props.label}</span>
        <VerdictDot verdict={result.verdict} />{" "}
        <span className="qk-num qk-muted">{percent(result.probability, locale)}</span>
      </div>
      <Given decision={result.decision} given={result.given} flow={result.given_flow} />
      {props.open && <Why result={result} />}
    </div>
  );
}

/** The FAQ that should have answered: look at it, or give it this question as another phrasing. */
function Mend({ pair, faqId }: { pair: Pair; faqId: string }) {
  const t = useT("evaluation");
  const mayPublish = useCan("knowledge.publish");
  const [done, setDone] = useState(false);
  const add = useSubmit(
    async () => {
      const faq = await api.get<Faq>(`/knowledge/faqs/${faqId}`);
      const known = [faq.question, ...faq.variants].some((one) => one === pair.after.question);
      if (known) return faq;
      const variants = [...faq.variants, pair.after.question];
      // What is live is changed beside it unless one may publish: then customers get it at once.
      const live = faq.status === "published" || faq.status === "archived";
      if (live && !mayPublish)
        return api.put<Faq>(`/knowledge/faqs/${faqId}/draft`, { version: faq.version, variants });
      return api.patch<Faq>(`/knowledge/faqs/${faqId}`, { version: faq.version, variants });
    },
    {
      stale: ["/knowledge/faqs"],
      done: t(mayPublish ? "mend.added" : "mend.drafted"),
      onDone: () => setDone(true),
    },
  );
  return (
    <>
      <Link to={`/knowledge/faqs/${faqId}` as string}>{t("mend.open")}</Link>
      <Tooltip title={t(mayPublish ? "mend.hint" : "mend.hintDraft")}>
        <Button
          size="small"
          icon={<MessageCirclePlus size={14} aria-hidden />}
          disabled={done}
          loading={add.busy}
          onClick={() => void add.run()}
        >
          {t("mend.add")}
        </Button>
      </Tooltip>
    </>
  );
}
