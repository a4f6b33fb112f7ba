import { Button, Drawer, Tabs, Tag } from "antd";
import { ExternalLink } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { Chart } from "@/features/insight/Chart";
import { integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { State, useOne, usePages } from "../../settings/kit";
import {
  type Case,
  type DayFigures,
  KINDS,
  type Kind,
  type Opinion,
  type Stretch,
  shortDay,
  type TextFigures,
} from "./model";

function More(props: { more: { has: boolean; loading: boolean; load: () => void } }) {
  const t = useT("knowledge");
  if (!props.more.has) return null;
  return (
    <div className="qk-more">
      <Button onClick={props.more.load} loading={props.more.loading}>
        {t("statistics.more")}
      </Button>
    </div>
  );
}

function Cases(props: { id: string; kind: Kind; stretch: Stretch }) {
  const t = useT("knowledge");
  const inbox = useT("insight");
  const go = useGo();
  const cases = usePages<Case>(`/knowledge/statistics/texts/${props.id}/conversations`, {
    kind: props.kind,
    ...props.stretch,
  });
  return (
    <State
      loading={cases.rows === undefined && cases.loading}
      error={cases.rows ? undefined : cases.error}
      onRetry={() => void cases.refetch()}
      empty={cases.rows?.length === 0 && !cases.more.has}
      emptyTitle={t("statistics.noCases")}
    >
      <ul className="kt-cases">
        {(cases.rows ?? []).map((one) => (
          <li key={one.conversation_id}>
            <div>
              <button
                type="button"
                className="qk-linkish"
                onClick={() => go(`/inbox/all/${one.conversation_id}`)}
              >
                {one.customer || t("statistics.visitor")}
              </button>
              <span className="qk-muted qk-num">#{one.number}</span>
              <Tag>{inbox(`conversation.states.${one.status}`)}</Tag>
              <span className="kt-when">
                <RelativeTime at={one.at} />
              </span>
            </div>
            <div className="qk-muted qk-clip">{one.preview}</div>
          </li>
        ))}
      </ul>
      <More more={cases.more} />
    </State>
  );
}

function Opinions(props: { id: string }) {
  const t = useT("knowledge");
  const opinions = usePages<Opinion>(`/knowledge/statistics/texts/${props.id}/opinions`, { helpful: false });
  return (
    <State
      loading={opinions.rows === undefined && opinions.loading}
      error={opinions.rows ? undefined : opinions.error}
      onRetry={() => void opinions.refetch()}
      empty={opinions.rows?.length === 0}
      emptyTitle={t("statistics.noOpinions")}
    >
      <ul className="kt-cases">
        {(opinions.rows ?? []).map((opinion, index) => (
          <li key={`${opinion.at} ${index}`}>
            <div>
              <Tag>{t(`statistics.reasons.${opinion.reason ?? "none"}`)}</Tag>
              <span className="kt-when">
                <RelativeTime at={opinion.at} />
              </span>
            </div>
            {opinion.comment && <p className="kt-comment">{opinion.comment}</p>}
          </li>
        ))}
      </ul>
      <More more={opinions.more} />
    </State>
  );
}

function Inside(props: { text: TextFigures; stretch: Stretch }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const { text, stretch } = props;
  const [kind, setKind] = useState<Kind | "opinions">(text.handed_over > 0 ? "handed_over" : "answered");
  const detail = useOne<{ days: DayFigures[] }>(
    `/knowledge/statistics/texts/${text.id}?since=${stretch.since}&until=${stretch.until}`,
  );
  return (
    <>
      <State loading={detail.isPending} error={detail.error} onRetry={() => void detail.refetch()}>
        <Chart
          label={t("statistics.byDay")}
          corner={t("statistics.day")}
          unit={t("statistics.times")}
          height={180}
          categories={(detail.data?.days ?? []).map((day) => shortDay(day.day))}
          series={[
            {
              name: t("statistics.reads"),
              kind: "bar",
              tone: "accent",
              values: (detail.data?.days ?? []).map((day) => day.reads),
            },
            {
              name: t("statistics.handed_over"),
              kind: "line",
              tone: "breach",
              values: (detail.data?.days ?? []).map((day) => day.handed_over),
            },
          ]}
        />
      </State>
      <Tabs
        size="small"
        activeKey={kind}
        onChange={(key) => setKind(key as Kind | "opinions")}
        items={[
          ...KINDS.map((one) => ({
            key: one,
            label: `${t(`statistics.${one}`)} ${integer(text[one], locale)}`,
          })),
          { key: "opinions", label: t("statistics.opinions") },
        ]}
      />
      {kind === "opinions" ? <Opinions id={text.id} /> : <Cases id={text.id} kind={kind} stretch={stretch} />}
    </>
  );
}

/** One text: its days, the conversations behind each figure, what readers said. */
export function TextDrawer(props: { text: TextFigures | null; stretch: Stretch; onClose: () => void }) {
  const t = useT("knowledge");
  const go = useGo();
  const { text } = props;
  return (
    <Drawer
      open={text !== null}
      title={text?.title}
      size={760}
      onClose={props.onClose}
      destroyOnHidden
      extra={
        text && (
          <Button
            icon={<ExternalLink size={15} />}
            onClick={() => go(`/knowledge/${text.source === "faq" ? "faqs" : "articles"}/${text.id}`)}
          >
            {t("statistics.toText")}
          </Button>
        )
      }
    >
      {text && <Inside key={text.id} text={text} stretch={props.stretch} />}
    </Drawer>
  );
}
