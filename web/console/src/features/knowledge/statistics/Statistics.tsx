import { DatePicker, Tabs } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { Chart, type Series } from "@/features/insight/Chart";
import { integer, percent } from "@/lib/format";
import { Page, State, useOne } from "../../settings/kit";
import { Misses } from "./Misses";
import { change, type Only, type Stretch, type Summary, shortDay } from "./model";
import { Texts } from "./Texts";
import "@/features/insight/insight.css";
import "./statistics.css";

const iso = (day: dayjs.Dayjs) => day.format("YYYY-MM-DD");
const lastDays = (count: number): [dayjs.Dayjs, dayjs.Dayjs] => [dayjs().subtract(count - 1, "day"), dayjs()];

function Card(props: {
  label: string;
  value: string;
  note?: string;
  pressed?: boolean;
  onClick?: () => void;
}) {
  const inside = (
    <>
      <b>{props.value}</b>
      <span>{props.label}</span>
      {props.note && <small>{props.note}</small>}
    </>
  );
  if (!props.onClick) return <div className="kt-card">{inside}</div>;
  return (
    <button type="button" className="kt-card" aria-pressed={props.pressed ?? false} onClick={props.onClick}>
      {inside}
    </button>
  );
}

export default function Statistics() {
  const t = useT("knowledge");
  const locale = useLocale();
  const [range, setRange] = useState<[dayjs.Dayjs, dayjs.Dayjs]>(() => lastDays(30));
  const [tab, setTab] = useState("texts");
  const [only, setOnly] = useState<Only>();
  const stretch: Stretch = { since: iso(range[0]), until: iso(range[1]) };
  const summary = useOne<Summary>(`/knowledge/statistics?since=${stretch.since}&until=${stretch.until}`);
  const data = summary.data;
  const series = (
    key: "reads" | "answered" | "handed_over",
    tone: Series["tone"],
    kind: Series["kind"],
  ): Series => ({
    name: t(`statistics.${key}`),
    kind,
    tone,
    values: (data?.days ?? []).map((day) => day[key]),
  });
  const note = (key: "reads" | "answered" | "handed_over") => {
    const moved = data && change(data.total[key], data.previous[key]);
    return moved === null || moved === undefined
      ? t("statistics.noBefore")
      : t("statistics.before", { change: `${moved > 0 ? "+" : ""}${moved}%` });
  };
  const show = (which: Only) => {
    setTab("texts");
    setOnly(only === which ? undefined : which);
  };
  return (
    <Page
      wide
      title={t("nav.statistics")}
      description={t("statistics.description")}
      actions={
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
      }
    >
      <State loading={summary.isPending} error={summary.error} onRetry={() => void summary.refetch()}>
        {data && (
          <>
            <div className="kt-cards">
              <Card
                label={t("statistics.reads")}
                value={integer(data.total.reads, locale)}
                note={note("reads")}
              />
              <Card
                label={t("statistics.answered")}
                value={integer(data.total.answered, locale)}
                note={note("answered")}
              />
              <Card
                label={t("statistics.handed_over")}
                value={integer(data.total.handed_over, locale)}
                note={
                  data.total.handover_rate === null
                    ? note("handed_over")
                    : t("statistics.rate", { rate: percent(data.total.handover_rate, locale) })
                }
                pressed={only === "handed_over"}
                onClick={() => show("handed_over")}
              />
              <Card
                label={t("statistics.useful_rate")}
                value={data.total.useful_rate === null ? "–" : percent(data.total.useful_rate, locale)}
                note={t("statistics.votes", { yes: data.total.useful, no: data.total.useless })}
                pressed={only === "disliked"}
                onClick={() => show("disliked")}
              />
              <Card
                label={t("statistics.only.unread")}
                value={integer(data.unread, locale)}
                note={t("statistics.ofPublished", { count: data.published })}
                pressed={only === "unread"}
                onClick={() => show("unread")}
              />
              <Card
                label={t("statistics.misses")}
                value={integer(data.misses, locale)}
                note={t("statistics.ofSearches", { count: data.searches })}
                pressed={tab === "misses"}
                onClick={() => setTab("misses")}
              />
            </div>
            <Chart
              label={t("statistics.byDay")}
              corner={t("statistics.day")}
              unit={t("statistics.times")}
              height={200}
              categories={data.days.map((day) => shortDay(day.day))}
              series={[
                series("reads", "accent", "bar"),
                series("answered", "ok", "line"),
                series("handed_over", "breach", "line"),
              ]}
            />
          </>
        )}
      </State>
      <Tabs
        activeKey={tab}
        onChange={setTab}
        items={[
          {
            key: "texts",
            label: t("statistics.texts"),
            children: <Texts stretch={stretch} only={only} onOnly={setOnly} />,
          },
          { key: "misses", label: t("statistics.missesTab"), children: <Misses stretch={stretch} /> },
        ]}
      />
    </Page>
  );
}
