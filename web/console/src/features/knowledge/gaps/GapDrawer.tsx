import { Alert, Button, Checkbox, Drawer, Dropdown, Input, Modal, Radio, Select, Tabs, Tag } from "antd";
import { EllipsisVertical, FilePlus2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { integer, money, percent } from "@/lib/format";
import { confirmLoss } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import { Field, State, useOne, usePages, useRows, useSubmit } from "../../settings/kit";
import { StatusTag } from "../bits";
import type { Space } from "../types";
import { EffectView } from "./EffectPlot";
import {
  type Answer,
  type CaseLink,
  type GapDetail,
  type GapSummary,
  type Question,
  REASONS,
  type Reason,
  type Stretch,
  type TextRef,
} from "./model";

const STALE = ["/knowledge/gaps", "/knowledge/faqs", "/knowledge/todo"];
const where = (text: TextRef) => `/knowledge/${text.source === "faq" ? "faqs" : "articles"}/${text.id}`;

function Case({ link }: { link: CaseLink | null }) {
  const t = useT("knowledge");
  const go = useGo();
  if (!link) return null;
  return (
    <button type="button" className="qk-linkish" onClick={() => go(`/inbox/all/${link.id}`)}>
      {link.customer || t("statistics.visitor")} #{link.number}
    </button>
  );
}

function Questions(props: { gap: GapDetail; stretch: Stretch; onSplit: (id: string) => void }) {
  const t = useT("knowledge");
  const mayEdit = useCan("knowledge.edit");
  const [picked, setPicked] = useState<string[]>([]);
  const path = `/knowledge/gaps/${props.gap.id}`;
  const questions = usePages<Question>(`${path}/questions`, { ...props.stretch });
  const split = useSubmit(() => api.post<GapDetail>(`${path}/split`, { question_ids: picked }), {
    stale: STALE,
    done: t("gaps.split.done"),
    onDone: (made) => {
      setPicked([]);
      props.onSplit(made.id);
    },
  });
  const exclude = useSubmit(() => api.post(`${path}/exclude`, { question_ids: picked }), {
    stale: STALE,
    done: t("gaps.exclude.done"),
    onDone: () => setPicked([]),
  });
  const askExclude = async () => {
    const sure = await confirmLoss({
      title: t("gaps.exclude.title", { count: picked.length }),
      content: t("gaps.exclude.text"),
      okText: t("gaps.exclude.button"),
      danger: true,
    });
    if (sure) void exclude.run();
  };
  return (
    <State
      loading={questions.rows === undefined && questions.loading}
      error={questions.rows ? undefined : questions.error}
      onRetry={() => void questions.refetch()}
      empty={questions.rows?.length === 0}
      emptyTitle={t("gaps.noQuestions")}
    >
      {mayEdit && (
        <div className="kg-picked">
          {picked.length === 0 ? (
            <span className="qk-muted">{t("gaps.pickHint")}</span>
          ) : (
            <>
              <span>{t("gaps.picked", { count: picked.length })}</span>
              <Button size="small" loading={split.busy} onClick={() => void split.run()}>
                {t("gaps.split.button")}
              </Button>
              <Button size="small" danger loading={exclude.busy} onClick={() => void askExclude()}>
                {t("gaps.exclude.button")}
              </Button>
            </>
          )}
        </div>
      )}
      <ul className="kt-cases">
        {(questions.rows ?? []).map((one) => (
          <li key={one.id} className="kg-question">
            {mayEdit ? (
              <Checkbox
                aria-label={t("gaps.pick", { name: one.text })}
                checked={picked.includes(one.id)}
                onChange={(event) =>
                  setPicked(
                    event.target.checked ? [...picked, one.id] : picked.filter((key) => key !== one.id),
                  )
                }
              />
            ) : (
              <span />
            )}
            <div>
              <p>{one.text}</p>
              <div className="kg-facts">
                <Tag>{t(`gaps.kind.${one.kind}`)}</Tag>
                {one.outcome !== "search" && <span>{t(`gaps.outcome.${one.outcome}`)}</span>}
                {one.times > 1 && <span>{t("gaps.times", { count: one.times })}</span>}
                {one.minutes > 0 && <span>{t("gaps.minutes", { count: one.minutes })}</span>}
                {one.score !== null && <span>{t("gaps.score", { score: one.score })}</span>}
                <Case link={one.conversation} />
                <RelativeTime at={one.asked_at} />
              </div>
            </div>
          </li>
        ))}
      </ul>
      {questions.more.has && (
        <div className="qk-more">
          <Button onClick={questions.more.load} loading={questions.more.loading}>
            {t("statistics.more")}
          </Button>
        </div>
      )}
    </State>
  );
}

function Answers({ id }: { id: string }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const answers = useRows<Answer>(`/knowledge/gaps/${id}/answers`);
  return (
    <State
      loading={answers.isPending}
      error={answers.rows ? undefined : answers.error}
      onRetry={() => void answers.refetch()}
      empty={answers.rows?.length === 0}
      emptyTitle={t("gaps.noAnswers")}
      emptyText={t("gaps.noAnswersText")}
    >
      <p className="qk-muted">{t("gaps.answersText")}</p>
      <ul className="kt-cases">
        {(answers.rows ?? []).map((answer) => (
          <li key={`${answer.at} ${answer.text.slice(0, 40)}`}>
            <div className="kg-facts">
              <Tag color={answer.used ? "processing" : "default"}>
                {answer.used
                  ? t("gaps.used")
                  : t("gaps.alike", { share: percent(answer.centrality, locale) })}
              </Tag>
              {answer.titles.map((title) => (
                <Tag key={title}>{title}</Tag>
              ))}
              <Case link={answer.conversation} />
              <RelativeTime at={answer.at} />
            </div>
            <p className="kg-answer">{answer.text}</p>
          </li>
        ))}
      </ul>
    </State>
  );
}

function Shares({ gap }: { gap: GapDetail }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const list = (title: string, shares: { name: string; count: number }[], prefix: string) =>
    shares.length > 0 && (
      <div>
        <h3>{title}</h3>
        <ul>
          {shares.map((share) => (
            <li key={share.name}>
              <span>{t(`${prefix}.${share.name}`)}</span>
              <span className="qk-num">{integer(share.count, locale)}</span>
            </li>
          ))}
        </ul>
      </div>
    );
  return (
    <div className="kg-shares">
      {list(t("gaps.why"), gap.kinds, "gaps.kind")}
      {list(t("gaps.channels"), gap.channels, "gaps.channel")}
      {list(t("gaps.languages"), gap.locales, "locale")}
    </div>
  );
}

function Dismiss(props: { gap: GapDetail; onClose: () => void; onDone: () => void }) {
  const t = useT("knowledge");
  const [reason, setReason] = useState<Reason>("rare");
  const [note, setNote] = useState("");
  const [text, setText] = useState<string>();
  const act = useSubmit(
    () =>
      api.post(`/knowledge/gaps/${props.gap.id}/dismiss`, {
        reason,
        note,
        text_id: reason === "elsewhere" ? text : null,
      }),
    { stale: STALE, done: t("gaps.dismiss.done"), onDone: props.onDone },
  );
  return (
    <Modal
      open
      mask={{ closable: false }}
      title={t("gaps.dismiss.title")}
      onCancel={props.onClose}
      onOk={() => void act.run()}
      okText={t("gaps.dismiss.button")}
      okButtonProps={{ disabled: reason === "elsewhere" && !text }}
      confirmLoading={act.busy}
    >
      <p className="qk-muted">{t("gaps.dismiss.text")}</p>
      <Radio.Group
        vertical
        value={reason}
        aria-label={t("gaps.dismiss.title")}
        onChange={(event) => setReason(event.target.value as Reason)}
        options={REASONS.map((one) => ({ value: one, label: t(`gaps.reason.${one}`) }))}
      />
      {reason === "elsewhere" && (
        <Field label={t("gaps.dismiss.where")} htmlFor="gap-elsewhere">
          <Select
            id="gap-elsewhere"
            value={text}
            onChange={setText}
            placeholder={t("gaps.dismiss.choose")}
            notFoundContent={t("gaps.dismiss.nothingNear")}
            options={props.gap.near.map((near) => ({ value: near.text.id, label: near.text.title }))}
          />
        </Field>
      )}
      <Field label={t("gaps.dismiss.note")} htmlFor="gap-note">
        <Input.TextArea
          id="gap-note"
          rows={2}
          maxLength={500}
          value={note}
          onChange={(e) => setNote(e.target.value)}
        />
      </Field>
    </Modal>
  );
}

function Rename(props: { gap: GapDetail; onClose: () => void }) {
  const t = useT("knowledge");
  const [name, setName] = useState(props.gap.name);
  const act = useSubmit(() => api.patch(`/knowledge/gaps/${props.gap.id}`, { name }), {
    stale: STALE,
    onDone: props.onClose,
  });
  return (
    <Modal
      open
      title={t("gaps.rename")}
      onCancel={props.onClose}
      onOk={() => void act.run()}
      okText={t("gaps.price.save")}
      okButtonProps={{ disabled: !name.trim() }}
      confirmLoading={act.busy}
    >
      <Input
        value={name}
        maxLength={200}
        aria-label={t("gaps.gap")}
        onChange={(event) => setName(event.target.value)}
        onPressEnter={() => name.trim() && void act.run()}
      />
    </Modal>
  );
}

function Draft(props: { gap: GapDetail }) {
  const t = useT("knowledge");
  const go = useGo();
  const spaces = useRows<Space>("/knowledge/spaces");
  const [space, setSpace] = useState<string>();
  const act = useSubmit(
    () => api.post<{ faq_id: string }>(`/knowledge/gaps/${props.gap.id}/draft`, { space_id: space ?? null }),
    { stale: STALE, done: t("gaps.draft.done"), onDone: (made) => go(`/knowledge/faqs/${made.faq_id}`) },
  );
  return (
    <div className="qs-row" style={{ marginBottom: 12 }}>
      <Button type="primary" icon={<FilePlus2 size={15} />} loading={act.busy} onClick={() => void act.run()}>
        {t("gaps.draft.button")}
      </Button>
      {(spaces.rows?.length ?? 0) > 1 && (
        <Select
          style={{ minWidth: 160 }}
          value={space ?? spaces.rows?.find((one) => one.is_default)?.id}
          onChange={setSpace}
          aria-label={t("gaps.draft.space")}
          options={spaces.rows?.map((one) => ({ value: one.id, label: one.name }))}
        />
      )}
    </div>
  );
}

function Inside(props: {
  gap: GapDetail;
  stretch: Stretch;
  summary: GapSummary | undefined;
  onOpen: (id: string) => void;
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const { gap } = props;
  const reopen = useSubmit(() => api.post(`/knowledge/gaps/${gap.id}/reopen`, {}), {
    stale: STALE,
    done: t("gaps.reopened"),
  });
  return (
    <>
      {gap.status === "dismissed" && (
        <Alert
          type="info"
          showIcon
          style={{ marginBottom: 12 }}
          title={t("gaps.dismissedAs", { reason: t(`gaps.reason.${gap.dismiss_reason ?? "other"}`) })}
          description={
            <>
              {gap.dismiss_note && <p className="kt-comment">{gap.dismiss_note}</p>}
              {gap.elsewhere && (
                <button
                  type="button"
                  className="qk-linkish"
                  onClick={() => gap.elsewhere && go(where(gap.elsewhere))}
                >
                  {gap.elsewhere.title}
                </button>
              )}
            </>
          }
          action={
            mayEdit && (
              <Button size="small" loading={reopen.busy} onClick={() => void reopen.run()}>
                {t("gaps.reopen")}
              </Button>
            )
          }
        />
      )}
      <p className="kg-sum">
        {t("gaps.sum", {
          count: integer(gap.figures.count, locale),
          handed: integer(gap.figures.handed_over, locale),
          minutes: integer(Math.round(gap.figures.minutes), locale),
        })}
        {gap.figures.cost !== null &&
          props.summary &&
          ` · ${money(gap.figures.cost, props.summary.currency, locale)}`}
        {gap.figures.csat !== null && ` · ${t("gaps.score", { score: gap.figures.csat.toFixed(1) })}`}
      </p>
      {mayEdit && gap.status === "open" && <Draft gap={gap} />}
      {gap.text && (
        <div className="qs-row" style={{ marginBottom: 12 }}>
          <StatusTag status={gap.text.status} />
          <button type="button" className="qk-linkish" onClick={() => gap.text && go(where(gap.text))}>
            {gap.text.title}
          </button>
        </div>
      )}
      {gap.effect && <EffectView effect={gap.effect} />}
      <Shares gap={gap} />
      {gap.status === "open" && gap.near.length > 0 && (
        <>
          <h3>{t("gaps.near")}</h3>
          <ul className="kt-cases" style={{ marginBottom: 16 }}>
            {gap.near.map((near) => (
              <li key={near.text.id}>
                <div>
                  <button type="button" className="qk-linkish" onClick={() => go(where(near.text))}>
                    {near.text.title}
                  </button>
                  <span className="qk-muted">
                    {t("gaps.likely", { share: percent(near.probability, locale) })}
                  </span>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      <Tabs
        size="small"
        items={[
          {
            key: "questions",
            label: t("gaps.questions"),
            children: <Questions gap={gap} stretch={props.stretch} onSplit={props.onOpen} />,
          },
          { key: "answers", label: t("gaps.answers"), children: <Answers id={gap.id} /> },
        ]}
      />
    </>
  );
}

/** One gap: what was asked, what agents answered, the draft made of it, and what the answer has changed. */
export function GapDrawer(props: {
  id: string | null;
  stretch: Stretch;
  summary: GapSummary | undefined;
  onOpen: (id: string) => void;
  onClose: () => void;
}) {
  const t = useT("knowledge");
  const mayEdit = useCan("knowledge.edit");
  const [renaming, setRenaming] = useState(false);
  const [dismissing, setDismissing] = useState(false);
  const gap = useOne<GapDetail>(
    props.id && `/knowledge/gaps/${props.id}?since=${props.stretch.since}&until=${props.stretch.until}`,
  );
  const data = props.id ? gap.data : undefined;
  const may = mayEdit && data !== undefined;
  return (
    <Drawer
      open={props.id !== null}
      title={data?.name ?? t("gaps.gap")}
      size={760}
      onClose={props.onClose}
      destroyOnHidden
      extra={
        may && (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "rename", label: t("gaps.rename"), onClick: () => setRenaming(true) },
                ...(data.status === "open" || data.status === "drafted"
                  ? [{ key: "dismiss", label: t("gaps.dismiss.menu"), onClick: () => setDismissing(true) }]
                  : []),
              ],
            }}
          >
            <Button icon={<EllipsisVertical size={16} />} aria-label={t("gaps.more", { name: data.name })} />
          </Dropdown>
        )
      }
    >
      <State
        loading={gap.isPending}
        error={gap.data ? undefined : gap.error}
        onRetry={() => void gap.refetch()}
      >
        {data && (
          <Inside
            key={data.id}
            gap={data}
            stretch={props.stretch}
            summary={props.summary}
            onOpen={props.onOpen}
          />
        )}
      </State>
      {renaming && data && <Rename gap={data} onClose={() => setRenaming(false)} />}
      {dismissing && data && (
        <Dismiss
          gap={data}
          onClose={() => setDismissing(false)}
          onDone={() => {
            setDismissing(false);
            props.onClose();
          }}
        />
      )}
    </Drawer>
  );
}
