import { Tooltip } from "antd";
import { CirclePause } from "lucide-react";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, duration, shortDuration } from "@/lib/format";
import { useNow } from "@/ui/Time";
import { share, type Tone, toneOf } from "./model";
import type { ClockKind } from "./types";
import "./sla.css";

interface Props {
  /** When the promise runs out. Null with a `kind`: it is paused. Null without: nothing is promised, nothing is shown. */
  dueAt: string | null;
  kind?: ClockKind | string | null;
  breached?: boolean;
  /** When it began; the ring then fills up. */
  startedAt?: string | null;
  /** Why it stands still: `pending` or `on_hold`. */
  pausedWhy?: string | null;
  /** The hours it counts in, for the hover. */
  calendar?: string | null;
  /** Only ring and figure, as in lists. */
  compact?: boolean;
}

/** How long until a promise runs out, ticking; what is late counts up. */
export function DueClock(props: Props) {
  const { dueAt, kind = null, breached = false, startedAt = null, pausedWhy = null } = props;
  const t = useT("tickets/sla");
  const locale = useLocale();
  const now = useNow(props.compact ? 10 : 1);
  if (!dueAt && !kind && !breached) return null;
  const tone = toneOf({ dueAt, breached, paused: !dueAt, startedAt }, now);
  const seconds = dueAt ? Math.abs(Date.parse(dueAt) - now) / 1000 : 0;
  const shown = props.compact ? shortDuration(seconds, locale) : duration(seconds, locale);
  const name = kind ? t(`kind.${kind}`) : t("promise");
  const words =
    tone === "paused"
      ? t(pausedWhy ? `pausedWhy.${pausedWhy}` : "paused")
      : dueAt
        ? t(tone === "late" ? "late" : "left", { time: shown })
        : t("breached");
  const hover = [
    t("nameAndState", { name, state: words }),
    dueAt ? t("dueAt", { at: absoluteTime(dueAt, locale) }) : null,
    props.calendar ? t("inHours", { calendar: props.calendar }) : null,
  ].filter(Boolean);
  return (
    <Tooltip title={hover.map((line) => <div key={line}>{line}</div>)}>
      <span className={`qd-clock qd-${tone}`} role="img" aria-label={hover.join(t("comma"))}>
        <Ring tone={tone} share={tone === "late" ? 1 : share(startedAt, dueAt, now)} />
        {!props.compact && kind ? <span className="qd-kind">{name}</span> : null}
        <span className="q-num">
          {tone === "paused"
            ? t("pausedShort")
            : dueAt
              ? tone === "late"
                ? `−${shown}`
                : shown
              : t("breached")}
        </span>
      </span>
    </Tooltip>
  );
}

export default DueClock;

const ROUND = 2 * Math.PI * 6;

export function Ring(props: { tone: Tone; share: number; size?: number }) {
  const size = props.size ?? 16;
  if (props.tone === "paused") return <CirclePause size={size} className="qd-ring" aria-hidden />;
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" className="qd-ring" aria-hidden="true">
      <circle cx="8" cy="8" r="6" className="qd-track" />
      <circle
        cx="8"
        cy="8"
        r="6"
        className="qd-fill"
        strokeDasharray={`${ROUND * Math.max(props.share, 0.02)} ${ROUND}`}
        transform="rotate(-90 8 8)"
      />
    </svg>
  );
}
