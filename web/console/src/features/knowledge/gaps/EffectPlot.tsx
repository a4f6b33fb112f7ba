import { useLocale, useT } from "@/app/i18n";
import { dateOnly, integer } from "@/lib/format";
import { comparable, type Effect, fall, gathered } from "./model";

const WIDTH = 260;
const HEIGHT = 76;
const BASE = HEIGHT - 16;

/** Handoffs day by day around the moment the answer went live. */
function Plot({ effect }: { effect: Effect }) {
  const t = useT("knowledge");
  const before = gathered(effect.by_day_before, 14);
  const after = gathered(effect.by_day_after, 14);
  const bars = [...before, ...after];
  const top = Math.max(...bars, 1);
  const step = WIDTH / Math.max(bars.length, 1);
  const label = t("gaps.effect.plot", { before: effect.before, after: effect.after, days: effect.days });
  return (
    <svg className="kg-plot" width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      {bars.map((value, index) => {
        const height = value === 0 ? 1 : Math.max((value / top) * (BASE - 6), 3);
        const place = `${index < before.length ? "before" : "after"}${index}`;
        return (
          <rect
            key={place}
            className={index < before.length ? "kg-before" : "kg-after"}
            x={index * step + 1}
            y={BASE - height}
            width={Math.max(step - 2, 1)}
            height={height}
            rx={1}
          />
        );
      })}
      <line x1={before.length * step} x2={before.length * step} y1={0} y2={BASE} />
      <text x={0} y={HEIGHT - 3}>
        {t("gaps.effect.before")}
      </text>
      <text x={WIDTH} y={HEIGHT - 3} textAnchor="end">
        {t("gaps.effect.after")}
      </text>
    </svg>
  );
}

export function EffectView({ effect }: { effect: Effect }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const moved = fall(effect);
  const bounds =
    effect.low !== null && effect.high !== null
      ? t("gaps.effect.bounds", {
          low: Math.round((effect.low - 1) * 100),
          high: Math.round((effect.high - 1) * 100),
        })
      : "";
  return (
    <div className="kg-effect">
      {comparable(effect) && <Plot effect={effect} />}
      <div className={`kg-verdict kg-${effect.verdict}`}>
        <b>{t(`gaps.effect.verdict.${effect.verdict}`)}</b>
        {comparable(effect) ? (
          <>
            <p>
              {t("gaps.effect.counts", {
                before: integer(effect.before, locale),
                after: integer(effect.after, locale),
                days: effect.days,
                change: moved === null ? "–" : `${moved > 0 ? "+" : ""}${moved}%`,
              })}{" "}
              {bounds}
            </p>
            <p>
              {t("gaps.effect.asked", {
                before: integer(effect.asked_before, locale),
                after: integer(effect.asked_after, locale),
                day: dateOnly(effect.published_at, locale),
              })}
            </p>
          </>
        ) : (
          <p>{t("gaps.effect.fresh", { day: dateOnly(effect.published_at, locale) })}</p>
        )}
      </div>
    </div>
  );
}
