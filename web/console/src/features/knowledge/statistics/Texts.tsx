import { Button, Dropdown, Select, Tag } from "antd";
import { Download } from "lucide-react";
import { useState } from "react";
import { url } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { integer, percent } from "@/lib/format";
import { type Column, DataTable, usePages, useSettled } from "../../settings/kit";
import { type Counter, ONLY, type Only, type Stretch, sparkline, type TextFigures } from "./model";
import { TextDrawer } from "./TextDrawer";

const WIDTH = 84;
const HEIGHT = 22;

function Trend(props: { values: number[]; label: string }) {
  return (
    <svg className="kt-spark" width={WIDTH} height={HEIGHT} role="img" aria-label={props.label}>
      <polyline points={sparkline(props.values, WIDTH, HEIGHT)} />
    </svg>
  );
}

/** Every text with what became of it; sorted by the server, because the list may be long. */
export function Texts(props: {
  stretch: Stretch;
  only: Only | undefined;
  onOnly: (only: Only | undefined) => void;
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  const [words, setWords] = useState("");
  const [source, setSource] = useState<string>();
  const [sort, setSort] = useState("reads");
  const [order, setOrder] = useState<"asc" | "desc">("desc");
  const [open, setOpen] = useState<TextFigures | null>(null);
  const query = { ...props.stretch, sort, order, only: props.only, source, q: useSettled(words.trim()) };
  const texts = usePages<TextFigures>("/knowledge/statistics/texts", query);

  const sortable = (key: string) => ({
    sorter: true,
    sortOrder: sort === key ? (order === "asc" ? ("ascend" as const) : ("descend" as const)) : null,
    sortDirections: ["descend" as const, "ascend" as const, "descend" as const],
  });
  const counter = (key: Counter | "reads", extra = false): Column<TextFigures> => ({
    key,
    title: t(`statistics.${key}`),
    align: "right",
    extra,
    ...sortable(key),
    render: (_, text) => <span className="qk-num">{integer(text[key], locale)}</span>,
  });
  const rate = (key: "handover_rate" | "useful_rate"): Column<TextFigures> => ({
    key,
    title: t(`statistics.${key}`),
    align: "right",
    ...sortable(key),
    render: (_, text) => (
      <span className="qk-num">{text[key] === null ? "–" : percent(text[key], locale)}</span>
    ),
  });
  const columns: Column<TextFigures>[] = [
    {
      key: "title",
      title: t("statistics.text"),
      fixedIn: true,
      ...sortable("title"),
      render: (_, text) => (
        <div className="kt-title">
          <button type="button" className="qk-linkish" onClick={() => setOpen(text)}>
            {text.title}
          </button>{" "}
          <Tag>{t(`type.${text.source}`)}</Tag>
          <Tag>{t(`locale.${text.locale}`)}</Tag>
        </div>
      ),
    },
    {
      key: "trend",
      title: t("statistics.trend"),
      width: WIDTH + 24,
      render: (_, text) => (
        <Trend
          values={text.trend}
          label={t("statistics.trendOf", { count: text.reads, title: text.title })}
        />
      ),
    },
    counter("reads"),
    counter("views", true),
    counter("cards", true),
    counter("inserted", true),
    counter("answered"),
    counter("offered", true),
    counter("chosen", true),
    counter("handed_over"),
    rate("handover_rate"),
    counter("useful", true),
    counter("useless"),
    rate("useful_rate"),
  ];
  return (
    <>
      <DataTable
        id="knowledge-statistics"
        label={t("statistics.texts")}
        rows={texts.rows}
        rowKey="id"
        columns={columns}
        loading={texts.loading}
        error={texts.error}
        onRetry={() => void texts.refetch()}
        more={texts.more}
        onOpen={setOpen}
        narrowed={Boolean(query.q || props.only || source)}
        emptyTitle={t("statistics.empty")}
        search={{ value: words, onChange: setWords, placeholder: t("statistics.search") }}
        filters={
          <>
            <Select
              allowClear
              style={{ minWidth: 180 }}
              placeholder={t("statistics.anyText")}
              aria-label={t("statistics.anyText")}
              value={props.only}
              onChange={(only: Only | undefined) => props.onOnly(only)}
              options={ONLY.map((only) => ({ value: only, label: t(`statistics.only.${only}`) }))}
            />
            <Select
              allowClear
              style={{ minWidth: 120 }}
              placeholder={t("statistics.anySource")}
              aria-label={t("statistics.anySource")}
              value={source}
              onChange={setSource}
              options={["faq", "article"].map((one) => ({ value: one, label: t(`type.${one}`) }))}
            />
          </>
        }
        actions={
          <Dropdown
            menu={{
              items: (["xlsx", "csv"] as const).map((kind) => ({
                key: kind,
                label: (
                  <a href={url(`/knowledge/statistics/texts.${kind}`, { ...query, locale })}>
                    {t(`export.${kind}`)}
                  </a>
                ),
              })),
            }}
          >
            <Button icon={<Download size={15} />}>{t("export.title")}</Button>
          </Dropdown>
        }
        table={{
          onChange: (_pages, _filters, sorter) => {
            const chosen = Array.isArray(sorter) ? sorter[0] : sorter;
            setSort(String(chosen?.columnKey ?? "reads"));
            setOrder(chosen?.order === "ascend" ? "asc" : "desc");
          },
        }}
      />
      <TextDrawer text={open} stretch={props.stretch} onClose={() => setOpen(null)} />
    </>
  );
}
