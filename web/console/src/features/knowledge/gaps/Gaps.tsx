/** Knowledge gaps: what customers ask in vain, what it costs, and whether an answer has helped. */
import { Button, DatePicker, InputNumber, Modal, Segmented, Select, Switch, Tag, Tooltip } from "antd";
import dayjs from "dayjs";
import { Info, Merge, Settings2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { integer, money } from "@/lib/format";
import { confirmLoss } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  Field,
  Page,
  State,
  useOne,
  usePages,
  useRows,
  useSettled,
  useSubmit,
} from "../../settings/kit";
import { StatusTag } from "../bits";
import { sparkline } from "../statistics/model";
import type { Space } from "../types";
import { GapDrawer } from "./GapDrawer";
import {
  comparable,
  fall,
  type Gap,
  type GapSummary,
  SORTS,
  type SortKey,
  STAGES,
  type Stage,
  type Stretch,
} from "./model";
import "../statistics/statistics.css";
import "./gaps.css";

const WIDTH = 84;
const HEIGHT = 22;
const iso = (day: dayjs.Dayjs) => day.format("YYYY-MM-DD");
const lastDays = (count: number): [dayjs.Dayjs, dayjs.Dayjs] => [dayjs().subtract(count - 1, "day"), dayjs()];

function Price(props: { summary: GapSummary; onClose: () => void }) {
  const t = useT("knowledge");
  const [hourly, setHourly] = useState<number | null>(
    props.summary.hourly_cost === null ? null : props.summary.hourly_cost / 100,
  );
  const [currency, setCurrency] = useState(props.summary.currency);
  const save = useSubmit(
    () =>
      api.put("/knowledge/gaps/settings", {
        hourly_cost: hourly === null ? null : Math.round(hourly * 100),
        currency,
      }),
    { stale: ["/knowledge/gaps"], done: t("gaps.price.saved"), onDone: props.onClose },
  );
  return (
    <Modal
      open
      title={t("gaps.price.title")}
      onCancel={props.onClose}
      onOk={() => void save.run()}
      okText={t("gaps.price.save")}
      confirmLoading={save.busy}
    >
      <Field label={t("gaps.price.hourly")} help={t("gaps.price.help")} htmlFor="gap-price">
        <InputNumber
          id="gap-price"
          min={0}
          max={1_000_000}
          precision={2}
          value={hourly}
          onChange={setHourly}
          style={{ width: 180 }}
          addonAfter={
            <Select
              value={currency}
              onChange={setCurrency}
              aria-label={t("gaps.price.currency")}
              options={["CNY", "USD", "EUR", "GBP", "HKD", "SGD"].map((value) => ({ value, label: value }))}
            />
          }
        />
      </Field>
    </Modal>
  );
}

export default function Gaps() {
  const t = useT("knowledge");
  const locale = useLocale();
  const mayEdit = useCan("knowledge.edit");
  const mayManage = useCan("knowledge.manage");
  const [range, setRange] = useState<[dayjs.Dayjs, dayjs.Dayjs]>(() => lastDays(30));
  const [stage, setStage] = useState<Stage>("open");
  const [sort, setSort] = useState<SortKey>("cost");
  const [words, setWords] = useState("");
  const [language, setLanguage] = useState<string>();
  const [channel, setChannel] = useState<string>();
  const [space, setSpace] = useState<string>();
  const [single, setSingle] = useState(false);
  const [picked, setPicked] = useState<string[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const [pricing, setPricing] = useState(false);
  const spaces = useRows<Space>("/knowledge/spaces");
  const stretch: Stretch = { since: iso(range[0]), until: iso(range[1]) };
  const narrowing = { ...stretch, language, channel, space_id: space, least: single ? 1 : 2 };
  const summary = useOne<GapSummary>(
    `/knowledge/gaps/summary?${new URLSearchParams(
      Object.entries(narrowing).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, String(value)]],
      ),
    )}`,
  );
  const q = useSettled(words.trim());
  const gaps = usePages<Gap>("/knowledge/gaps", { ...narrowing, status: stage, sort, q });
  const data = summary.data;
  const spent = (minutes: number, cost: number | null) =>
    cost !== null && data
      ? money(cost, data.currency, locale)
      : t("gaps.minutes", { count: integer(Math.round(minutes), locale) });

  const merge = useSubmit(
    (ids: string[]) => api.post<Gap>(`/knowledge/gaps/${ids[0]}/merge`, { gap_ids: ids.slice(1) }),
    {
      stale: ["/knowledge/gaps"],
      done: t("gaps.merge.done"),
      onDone: () => setPicked([]),
    },
  );
  const askMerge = async () => {
    const rows = (gaps.rows ?? []).filter((gap) => picked.includes(gap.id));
    const sure = await confirmLoss({
      title: t("gaps.merge.title", { count: rows.length }),
      content: t("gaps.merge.text", { name: rows[0]?.name ?? "" }),
      okText: t("gaps.merge.ok"),
    });
    if (sure) void merge.run(rows.map((gap) => gap.id));
  };

  const columns: Column<Gap>[] = [
    {
      key: "name",
      title: t("gaps.gap"),
      fixedIn: true,
      render: (_, gap) => (
        <div className="kg-name">
          <button type="button" className="qk-linkish" onClick={() => setOpen(gap.id)}>
            {gap.name}
          </button>
          {gap.returned_at && stage === "open" && (
            <Tooltip title={t("gaps.returnedText")}>
              <Tag color="warning">{t("gaps.returned")}</Tag>
            </Tooltip>
          )}
          {stage === "drafted" && gap.text && <StatusTag status={gap.text.status} />}
          {stage === "dismissed" && gap.dismiss_reason && <Tag>{t(`gaps.reason.${gap.dismiss_reason}`)}</Tag>}
        </div>
      ),
    },
    {
      key: "trend",
      title: t("gaps.trend"),
      width: WIDTH + 24,
      render: (_, gap) => (
        <svg
          className="kt-spark"
          width={WIDTH}
          height={HEIGHT}
          role="img"
          aria-label={t("gaps.trendOf", { days: gap.trend.join(" ") })}
        >
          <polyline points={sparkline(gap.trend, WIDTH, HEIGHT)} />
        </svg>
      ),
    },
    {
      key: "count",
      title: t("gaps.count"),
      align: "right",
      render: (_, gap) => <span className="qk-num">{integer(gap.figures.count, locale)}</span>,
    },
    {
      key: "handed_over",
      title: t("gaps.handedOver"),
      align: "right",
      render: (_, gap) => <span className="qk-num">{integer(gap.figures.handed_over, locale)}</span>,
    },
    {
      key: "cost",
      title: (
        <Tooltip title={t(data?.hourly_cost == null ? "gaps.formulaTime" : "gaps.formulaMoney")}>
          <button type="button" className="kg-formula">
            {t("gaps.cost")} <Info size={13} aria-hidden />
          </button>
        </Tooltip>
      ),
      align: "right",
      render: (_, gap) => (
        <Tooltip
          title={t("gaps.costOf", {
            count: gap.figures.handed_over,
            each: gap.figures.handed_over ? (gap.figures.minutes / gap.figures.handed_over).toFixed(1) : "0",
          })}
        >
          <span className="qk-num">{spent(gap.figures.minutes, gap.figures.cost)}</span>
        </Tooltip>
      ),
    },
    {
      key: "csat",
      title: t("gaps.csat"),
      align: "right",
      extra: true,
      render: (_, gap) => <span className="qk-num">{gap.figures.csat?.toFixed(1) ?? "–"}</span>,
    },
    ...(stage === "answered"
      ? [
          {
            key: "effect",
            title: t("gaps.effect.title"),
            fixedIn: true,
            render: (_: unknown, gap: Gap) =>
              gap.effect && (
                <span className={`kg-${gap.effect.verdict}`}>
                  <b>{t(`gaps.effect.short.${gap.effect.verdict}`)}</b>{" "}
                  {comparable(gap.effect) && (
                    <span className="qk-muted qk-num">
                      {gap.effect.before} → {gap.effect.after}
                      {fall(gap.effect) !== null &&
                        ` (${fall(gap.effect)! > 0 ? "+" : ""}${fall(gap.effect)}%)`}
                    </span>
                  )}
                </span>
              ),
          },
        ]
      : []),
    {
      key: "last",
      title: t("gaps.last"),
      width: 130,
      render: (_, gap) => <RelativeTime at={gap.last_at} />,
    },
  ];

  return (
    <Page
      wide
      title={t("nav.gaps")}
      description={t("gaps.description")}
      actions={
        <>
          <DatePicker.RangePicker
            value={range}
            allowClear={false}
            maxDate={dayjs()}
            presets={[7, 30, 90].map((count) => ({
              label: t("statistics.lastDays", { count }),
              value: lastDays(count),
            }))}
            onChange={(days) => days?.[0] && days[1] && setRange([days[0], days[1]])}
          />
          {mayManage && data && (
            <Button icon={<Settings2 size={15} />} onClick={() => setPricing(true)}>
              {t("gaps.price.button")}
            </Button>
          )}
        </>
      }
    >
      <State loading={summary.isPending} error={summary.error} onRetry={() => void summary.refetch()}>
        {data && (
          <div className="kt-cards">
            <div className="kt-card">
              <b>{integer(data.open + data.drafted, locale)}</b>
              <span>{t("gaps.cards.open")}</span>
              <small>{t("gaps.cards.returned", { count: data.returned })}</small>
            </div>
            <div className="kt-card">
              <b>{integer(data.questions, locale)}</b>
              <span>{t("gaps.cards.questions")}</span>
              <small>{t("gaps.cards.handed", { count: data.handed_over })}</small>
            </div>
            <div className="kt-card">
              <b>{spent(data.minutes, data.cost)}</b>
              <span>{t("gaps.cards.cost")}</span>
              <small>
                {data.cost === null
                  ? t("gaps.cards.noPrice")
                  : t("gaps.minutes", { count: integer(Math.round(data.minutes), locale) })}
              </small>
            </div>
            <div className="kt-card">
              <b>{integer(data.answered, locale)}</b>
              <span>{t("gaps.cards.answered")}</span>
              <small>{t("gaps.cards.drafted", { count: data.drafted })}</small>
            </div>
          </div>
        )}
      </State>
      <Segmented
        aria-label={t("gaps.stage")}
        value={stage}
        onChange={(next) => {
          setStage(next);
          setPicked([]);
        }}
        options={STAGES.map((one) => ({
          value: one,
          label: (
            <span>
              {t(`gaps.stages.${one}`)} {data && <small className="qk-num">{data[one]}</small>}
            </span>
          ),
        }))}
        style={{ marginBottom: 12 }}
      />
      <DataTable
        key={stage}
        id={`knowledge-gaps-${stage}`}
        label={t("nav.gaps")}
        rows={gaps.rows}
        rowKey="id"
        columns={columns}
        loading={gaps.loading}
        error={gaps.error}
        onRetry={() => {
          void gaps.refetch();
          void summary.refetch();
        }}
        more={gaps.more}
        onOpen={(gap) => setOpen(gap.id)}
        narrowed={Boolean(q || language || channel || space)}
        emptyTitle={t(`gaps.empty.${stage}`)}
        emptyText={t(`gaps.emptyText.${stage}`)}
        search={{ value: words, onChange: setWords, placeholder: t("gaps.search") }}
        filters={
          <>
            <Select
              value={sort}
              onChange={setSort}
              style={{ minWidth: 150 }}
              aria-label={t("gaps.sort")}
              options={SORTS.map((one) => ({ value: one, label: t(`gaps.sorts.${one}`) }))}
            />
            <Select
              allowClear
              value={language}
              onChange={setLanguage}
              style={{ minWidth: 120 }}
              placeholder={t("gaps.anyLanguage")}
              aria-label={t("gaps.anyLanguage")}
              options={["zh-CN", "en"].map((one) => ({ value: one, label: t(`locale.${one}`) }))}
            />
            {(data?.channels.length ?? 0) > 1 && (
              <Select
                allowClear
                value={channel}
                onChange={setChannel}
                style={{ minWidth: 130 }}
                placeholder={t("gaps.anyChannel")}
                aria-label={t("gaps.anyChannel")}
                options={data?.channels.map((one) => ({ value: one, label: t(`gaps.channel.${one}`) }))}
              />
            )}
            {(spaces.rows?.length ?? 0) > 1 && (
              <Select
                allowClear
                value={space}
                onChange={setSpace}
                style={{ minWidth: 130 }}
                placeholder={t("gaps.anySpace")}
                aria-label={t("gaps.anySpace")}
                options={spaces.rows?.map((one) => ({ value: one.id, label: one.name }))}
              />
            )}
            <Tooltip title={t("gaps.singleText")}>
              <span className="qs-row">
                <Switch size="small" checked={single} onChange={setSingle} aria-label={t("gaps.single")} />
                {t("gaps.single")}
              </span>
            </Tooltip>
          </>
        }
        actions={
          mayEdit && picked.length > 1 ? (
            <Button icon={<Merge size={15} />} loading={merge.busy} onClick={() => void askMerge()}>
              {t("gaps.merge.button", { count: picked.length })}
            </Button>
          ) : null
        }
        table={
          mayEdit
            ? {
                rowSelection: {
                  selectedRowKeys: picked,
                  onChange: (keys) => setPicked(keys.map(String)),
                  getCheckboxProps: (gap) =>
                    ({ "aria-label": t("gaps.pick", { name: gap.name }), translate: "no" }) as object,
                },
              }
            : {}
        }
      />
      <GapDrawer id={open} stretch={stretch} summary={data} onOpen={setOpen} onClose={() => setOpen(null)} />
      {pricing && data && <Price summary={data} onClose={() => setPricing(false)} />}
    </Page>
  );
}
