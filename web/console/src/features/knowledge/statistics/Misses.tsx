import { Tag } from "antd";
import { useLocale, useT } from "@/app/i18n";
import { integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, usePages } from "../../settings/kit";
import type { Miss, Stretch } from "./model";

/** What people searched for in vain: the questions a text is missing for. */
export function Misses(props: { stretch: Stretch }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const misses = usePages<Miss>("/knowledge/statistics/misses", { ...props.stretch });
  const columns: Column<Miss & { id: string }>[] = [
    { key: "words", title: t("statistics.words"), fixedIn: true, render: (_, miss) => miss.words },
    {
      key: "locale",
      title: t("faq.locale"),
      width: 120,
      render: (_, miss) => <Tag>{t(`locale.${miss.locale}`)}</Tag>,
    },
    {
      key: "count",
      title: t("statistics.times"),
      width: 110,
      align: "right",
      render: (_, miss) => <span className="qk-num">{integer(miss.count, locale)}</span>,
    },
    {
      key: "last",
      title: t("statistics.last"),
      width: 160,
      render: (_, miss) => <RelativeTime at={miss.last_at} />,
    },
  ];
  return (
    <DataTable
      id="knowledge-misses"
      label={t("statistics.missesTab")}
      rows={misses.rows?.map((miss) => ({ ...miss, id: `${miss.locale} ${miss.words}` }))}
      rowKey="id"
      columns={columns}
      loading={misses.loading}
      error={misses.error}
      onRetry={() => void misses.refetch()}
      more={misses.more}
      emptyTitle={t("statistics.noMisses")}
      emptyText={t("statistics.noMissesText")}
    />
  );
}
