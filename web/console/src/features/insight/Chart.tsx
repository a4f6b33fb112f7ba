import { Button } from "antd";
import { ChartColumn, Table2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useThemeMode } from "@/app/theme";
import { integer } from "@/lib/format";
import type { Drawing } from "./engine";

export interface Series {
  name: string;
  kind: "bar" | "line";
  /** Which colour of the one palette; `before` is the quiet one of comparisons. */
  tone: "accent" | "ok" | "wait" | "breach" | "before";
  values: (number | null)[];
}

const TOKEN = {
  accent: "--q-accent",
  ok: "--q-ok",
  wait: "--q-wait",
  breach: "--q-breach",
  before: "--q-text-3",
};

/** A chart, or the same figures as a table: for screen readers, and for everybody who wants the numbers. */
export function Chart(props: {
  label: string;
  unit: string;
  categories: string[];
  series: Series[];
  height?: number;
  /** What the categories are, when they are not hours. */
  corner?: string;
}) {
  const t = useT("insight");
  const locale = useLocale();
  const mode = useThemeMode();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Drawing | null>(null);
  const [ready, setReady] = useState(false);
  const [table, setTable] = useState(false);
  const { categories, series, unit } = props;

  useEffect(() => {
    if (table) return;
    let here = true;
    const element = box.current;
    void import("./engine").then(({ draw }) => {
      if (!here || !element) return;
      chart.current = draw(element);
      setReady(true);
    });
    const watch = new ResizeObserver(() => chart.current?.resize());
    if (element) watch.observe(element);
    return () => {
      here = false;
      watch.disconnect();
      chart.current?.dispose();
      chart.current = null;
      setReady(false);
    };
  }, [table]);

  useEffect(() => {
    if (!ready) return;
    // The theme is put on <html> in an effect of a parent, which runs after ours.
    const frame = requestAnimationFrame(() => {
      const style = getComputedStyle(document.documentElement);
      const token = (name: string) => style.getPropertyValue(name).trim();
      const text = { color: token("--q-text-3"), fontFamily: token("--q-font"), fontSize: 12 };
      chart.current?.setOption(
        {
          animationDuration: 150,
          animationDurationUpdate: 150,
          grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
          legend: { left: 0, top: 0, itemWidth: 12, itemHeight: 8, textStyle: text },
          tooltip: {
            trigger: "axis",
            backgroundColor: token("--q-surface-float"),
            borderColor: token("--q-border"),
            textStyle: { color: token("--q-text-1"), fontFamily: token("--q-font"), fontSize: 12 },
            axisPointer: { type: "shadow", shadowStyle: { color: token("--q-surface-hover"), opacity: 0.6 } },
          },
          xAxis: {
            type: "category",
            data: categories,
            axisLabel: text,
            axisTick: { show: false },
            axisLine: { lineStyle: { color: token("--q-border") } },
          },
          yAxis: {
            type: "value",
            name: unit,
            nameTextStyle: { ...text, align: "left" },
            nameGap: 10,
            minInterval: 1,
            axisLabel: text,
            splitLine: { lineStyle: { color: token("--q-border") } },
          },
          series: series.map((one) => ({
            name: one.name,
            type: one.kind,
            data: one.values,
            color: token(TOKEN[one.tone]),
            barMaxWidth: 22,
            itemStyle: one.kind === "bar" ? { borderRadius: [3, 3, 0, 0] } : {},
            lineStyle: { width: 2, ...(one.tone === "before" ? { type: "dashed" } : {}) },
            symbol: "circle",
            symbolSize: 5,
            showSymbol: false,
          })),
        },
        true,
      );
    });
    return () => cancelAnimationFrame(frame);
  }, [ready, categories, series, unit, mode]);

  const figures = (
    <table className={table ? "qi-table" : "q-sr"}>
      <caption>{props.label}</caption>
      <thead>
        <tr>
          <th scope="col">{props.corner ?? t("chart.hour")}</th>
          {series.map((one) => (
            <th key={one.name} scope="col">
              {one.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {categories.map((category, index) => (
          <tr key={category}>
            <th scope="row">{category}</th>
            {series.map((one) => (
              <td key={one.name}>
                {one.values[index] === null || one.values[index] === undefined
                  ? "–"
                  : integer(one.values[index], locale)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <figure className="qi-chart">
      <div className="qi-chart-switch">
        <Button
          size="small"
          type="text"
          icon={table ? <ChartColumn size={14} /> : <Table2 size={14} />}
          onClick={() => setTable(!table)}
        >
          {t(table ? "chart.asChart" : "chart.asTable")}
        </Button>
      </div>
      {!table && <div ref={box} aria-hidden style={{ height: props.height ?? 280 }} />}
      {figures}
    </figure>
  );
}
