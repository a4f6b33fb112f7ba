import { useNavigate } from "@tanstack/react-router";
import { Button, DatePicker, Select } from "antd";
import dayjs from "dayjs";
import { ArrowLeft, ChartColumn } from "lucide-react";
import { useState } from "react";
import { useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { Chart } from "@/features/insight/Chart";
import { duration } from "@/lib/format";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, Fetched } from "@/ui/states";
import { inWords, serviceName } from "./model";
import type { Figures, Site, SiteChoice, Statistics } from "./types";
import "@/features/insight/insight.css";
import "./counter.css";

type Place = Pick<Site, "id" | "services" | "title" | "name">;

/** How a day went: who came, how long they waited. */
export default function DayPage() {
  const t = useT("counter");
  const locale = useLocale();
  const navigate = useNavigate();
  const handles = useCan("conversations.handle");
  const sites = useGet<(SiteChoice | Site)[]>(handles ? "/counter/sites" : "/counter/manage/sites");
  const [chosen, setChosen] = useState<string | null>(null);
  const [day, setDay] = useState<string | null>(null);
  const site: Place | null = sites.data?.find((one) => one.id === chosen) ?? sites.data?.[0] ?? null;
  const figures = useGet<Statistics>(
    `/counter/sites/${site?.id}/statistics`,
    { day },
    { enabled: site !== null, refetchInterval: 60_000 },
  );
  const label = (one: Place) => inWords(one.title, locale) || one.name;
  return (
    <PageFrame
      title={
        <span className="qc-title">
          <Button
            type="text"
            size="small"
            icon={<ArrowLeft size={16} aria-hidden />}
            aria-label={t("back")}
            onClick={() => void navigate({ to: "/counter" as string })}
          />
          {t("day.title")}
        </span>
      }
      extra={
        <>
          {sites.data && sites.data.length > 1 ? (
            <Select
              aria-label={t("site")}
              value={site?.id}
              onChange={setChosen}
              options={sites.data.map((one) => ({ value: one.id, label: label(one) }))}
              style={{ minWidth: 180 }}
            />
          ) : null}
          <DatePicker
            aria-label={t("day.day")}
            value={day ? dayjs(day) : figures.data ? dayjs(figures.data.day) : null}
            onChange={(at) => setDay(at ? at.format("YYYY-MM-DD") : null)}
            disabledDate={(at) => at.isAfter(dayjs(), "day")}
            allowClear={false}
          />
        </>
      }
    >
      {sites.data?.length === 0 ? (
        <EmptyState icon={ChartColumn} title={t("none")} />
      ) : (
        <Fetched query={figures}>{(found) => <Day found={found} services={site?.services ?? []} />}</Fetched>
      )}
    </PageFrame>
  );
}

function Day({ found, services }: { found: Statistics; services: SiteChoice["services"] }) {
  const t = useT("counter");
  const locale = useLocale();
  const minutes = (s: number | null) => (s === null ? null : Math.round(s / 6) / 10);
  const span = (s: number | null) => (s === null ? "–" : duration(s, locale));
  const cards: [string, string | number][] = [
    ["taken", found.total.taken],
    ["served", found.total.served],
    ["missed", found.total.missed],
    ["cancelled", found.total.cancelled],
    ["p50", span(found.total.wait_p50_s)],
    ["p90", span(found.total.wait_p90_s)],
    ["handle", span(found.total.handle_mean_s)],
    ["no_shows", found.appointments.no_show ?? 0],
  ];
  const row = (one: Figures, name: string) => (
    <tr key={name}>
      <th scope="row">{name}</th>
      <td>{one.taken}</td>
      <td>{one.waiting}</td>
      <td>{one.served}</td>
      <td>{one.missed}</td>
      <td>{one.cancelled}</td>
      <td>{span(one.wait_p50_s)}</td>
      <td>{span(one.wait_p90_s)}</td>
      <td>{span(one.handle_mean_s)}</td>
    </tr>
  );
  return (
    <div className="qc-day">
      <dl className="qc-cards">
        {cards.map(([key, value]) => (
          <div key={key}>
            <dt>{t(`day.${key}`)}</dt>
            <dd className="q-num">{value}</dd>
          </div>
        ))}
      </dl>
      {found.hours.length === 0 ? (
        <EmptyState icon={ChartColumn} title={t("day.empty")} />
      ) : (
        <>
          <Panel title={t("day.waits")} hint={t("day.waits_hint")}>
            <Chart
              label={t("day.waits")}
              unit={t("day.minutes")}
              corner={t("day.hour")}
              categories={found.hours.map((one) => `${String(one.hour).padStart(2, "0")}:00`)}
              series={[
                {
                  name: t("day.p50"),
                  kind: "bar",
                  tone: "accent",
                  values: found.hours.map((one) => minutes(one.wait_p50_s)),
                },
                {
                  name: t("day.p90"),
                  kind: "bar",
                  tone: "wait",
                  values: found.hours.map((one) => minutes(one.wait_p90_s)),
                },
              ]}
            />
          </Panel>
          <Panel title={t("day.by_service")}>
            <div className="qc-scroll">
              <table className="qi-table">
                <thead>
                  <tr>
                    <th scope="col">{t("service")}</th>
                    {["taken", "waiting", "served", "missed", "cancelled", "p50", "p90", "handle"].map(
                      (key) => (
                        <th scope="col" key={key}>
                          {t(`day.${key}`)}
                        </th>
                      ),
                    )}
                  </tr>
                </thead>
                <tbody>
                  {found.services.map((one) => row(one, serviceName(services, one.service_id, locale)))}
                </tbody>
              </table>
            </div>
          </Panel>
        </>
      )}
    </div>
  );
}
