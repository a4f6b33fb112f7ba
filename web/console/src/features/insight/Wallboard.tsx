import { useQueryClient } from "@tanstack/react-query";
import { Button, Drawer, Segmented } from "antd";
import { Maximize2, Minimize2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { AgentState } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { duration, integer, percent } from "@/lib/format";
import { realtime } from "@/realtime/client";
import { useNow } from "@/ui/Time";
import { Page, State, useOne } from "../settings/kit";
import { AgentGrid } from "./AgentGrid";
import { Chart, type Series } from "./Chart";
import { Conversations, type Where } from "./Conversations";
import { alignHours, changeSince, hourWindow, levelTone, waitTone } from "./model";
import type { Wallboard as Board, WallQueue } from "./types";

const STATES: AgentState[] = ["online", "busy", "away", "offline"];
const METRICS = ["started", "resolved", "handoffs", "abandoned"] as const;

/** Figures follow the log: a hint refetches at once, a slow beat covers what no hint announces. */
export function useLive(paths: string[]): void {
  const client = useQueryClient();
  const key = paths.join(" ");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const path of key.split(" ")) void client.invalidateQueries({ queryKey: [path] });
      }, 400);
    };
    const stops = [
      realtime.on("queues.changed", refresh),
      realtime.on("presence.changed", refresh),
      realtime.on("conversation.changed", refresh),
      realtime.onReload(refresh),
    ];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [client, key]);
}

function QueueCard(props: { queue: WallQueue; promised: number; onOpen: () => void }) {
  const t = useT("insight");
  const locale = useLocale();
  const now = useNow();
  const { queue } = props;
  const waited = queue.oldest_entered_at
    ? Math.max(0, (now - Date.parse(queue.oldest_entered_at)) / 1000)
    : queue.longest_wait_s;
  const tone = queue.waiting > 0 ? waitTone(waited, props.promised) : "idle";
  const level = queue.service_level.percent;
  return (
    <button type="button" className={`qi-queue qi-${tone}`} onClick={props.onOpen}>
      <span className="qi-queue-name">
        <strong>{queue.queue.name}</strong>
        {!queue.open && <em>{t("queue.closed")}</em>}
      </span>
      <span className="qi-queue-figures">
        <span>
          <b>{integer(queue.waiting, locale)}</b>
          <small>{t("queue.waiting")}</small>
        </span>
        <span>
          <b>{queue.waiting > 0 ? duration(waited, locale) : "–"}</b>
          <small>{t("queue.longest")}</small>
        </span>
      </span>
      <span className="qi-queue-foot">
        {t("queue.people", { available: queue.agents_available, online: queue.agents_online })}
        {queue.sla.broken > 0 && (
          <span className="qi-text-breach">{t("queue.broken", { count: queue.sla.broken })}</span>
        )}
        {queue.sla.soon > 0 && (
          <span className="qi-text-wait">{t("queue.soon", { count: queue.sla.soon })}</span>
        )}
        {level !== null && (
          <span className={`qi-text-${levelTone(level)}`}>{percent(level / 100, locale)}</span>
        )}
      </span>
    </button>
  );
}

function Figure(props: {
  label: string;
  value: string;
  hint?: string | undefined;
  tone?: string;
  change?: ReturnType<typeof changeSince>;
}) {
  const t = useT("insight");
  const locale = useLocale();
  return (
    <div className="qi-figure">
      <dt>{props.label}</dt>
      <dd className={props.tone ? `qi-text-${props.tone}` : ""}>
        {props.value}
        {props.change && props.change.by !== 0 && (
          <small title={t("today.changeHint")}>
            {props.change.by > 0 ? "↑" : "↓"} {integer(Math.abs(props.change.by), locale)}
            {props.change.percent ? "%" : ""}
          </small>
        )}
      </dd>
      {props.hint && <dd className="qi-hint">{props.hint}</dd>}
    </div>
  );
}

export default function Wallboard() {
  const t = useT("insight");
  const locale = useLocale();
  const me = useMe();
  const board = useOne<Board>("/wallboard", { refetchInterval: 10_000 });
  useLive(["/wallboard", "/agents"]);
  const stage = useRef<HTMLDivElement>(null);
  const [full, setFull] = useState(false);
  const [metric, setMetric] = useState<(typeof METRICS)[number]>("started");
  const [where, setWhere] = useState<Where | null>(null);
  const now = useNow(1);

  useEffect(() => {
    const listen = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", listen);
    return () => document.removeEventListener("fullscreenchange", listen);
  }, []);
  const toggle = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else stage.current?.requestFullscreen().catch(() => setFull(!full));
  };

  const data = board.data;
  const zone = me.workspace.timezone;
  const hourNow =
    Number(
      new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hour12: false, timeZone: zone }).format(
        new Date(now),
      ),
    ) % 24;
  const lines = useMemo(() => {
    const hours = data?.series.hour ?? [];
    const before = data?.series.previous ?? [];
    const all = Object.fromEntries(METRICS.map((name) => [name, alignHours(hours, name, hourNow)]));
    const then = Object.fromEntries(METRICS.map((name) => [name, alignHours(before, name, 23)]));
    return { all, then, compared: before.length > 0 };
  }, [data, hourNow]);
  const chart = useMemo(() => {
    const today = lines.all[metric] ?? [];
    const then = lines.then[metric] ?? [];
    const [from, to] = hourWindow(today, lines.compared ? then : []);
    const cut = <V,>(values: V[]) => values.slice(from, to + 1);
    const series: Series[] = [
      {
        name: t("chart.today"),
        kind: "bar",
        tone: metric === "abandoned" ? "breach" : "accent",
        values: cut(today),
      },
    ];
    if (lines.compared)
      series.push({ name: t("chart.before"), kind: "line", tone: "before", values: cut(then) });
    return {
      categories: cut(Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`)),
      series,
    };
  }, [lines, metric, t]);
  const change = (name: (typeof METRICS)[number]) =>
    lines.compared ? changeSince(lines.all[name] ?? [], lines.then[name] ?? []) : null;

  const today = data?.today;
  const level = today?.service_level;
  const promised = level?.within_s ?? 60;
  const waiting = data?.queues.reduce((sum, queue) => sum + queue.waiting, 0) ?? 0;

  return (
    <div ref={stage} className={full ? "qi-full" : "qi-stage"}>
      <Page
        wide
        title={t("nav.wallboard")}
        description={
          <span className="qk-num">
            {new Intl.DateTimeFormat(locale, {
              dateStyle: "full",
              timeStyle: "medium",
              timeZone: zone,
              hour12: false,
            }).format(new Date(now))}
          </span>
        }
        actions={
          <Button icon={full ? <Minimize2 size={15} /> : <Maximize2 size={15} />} onClick={toggle}>
            {t(full ? "wall.exit" : "wall.full")}
          </Button>
        }
      >
        <State
          loading={board.isPending}
          error={data ? undefined : board.error}
          onRetry={() => void board.refetch()}
        >
          {data && today && (
            <>
              {board.error && (
                <p className="qi-stale" role="status">
                  {t("wall.stale")}
                </p>
              )}
              <section aria-label={t("wall.queues")}>
                <h2 className="qi-h">
                  {t("wall.queues")}
                  <small>{t("wall.waiting", { count: waiting })}</small>
                </h2>
                {data.queues.length === 0 ? (
                  <p className="qk-muted">{t("wall.noQueues")}</p>
                ) : (
                  <div className="qi-queues">
                    {data.queues.map((queue) => (
                      <QueueCard
                        key={queue.queue.id}
                        queue={queue}
                        promised={promised}
                        onOpen={() => setWhere({ kind: "queue", id: queue.queue.id, name: queue.queue.name })}
                      />
                    ))}
                  </div>
                )}
              </section>
              <section aria-label={t("wall.today")}>
                <h2 className="qi-h">{t("wall.today")}</h2>
                <dl className="qi-today">
                  <Figure
                    label={t("today.level")}
                    value={
                      level?.percent === null || level?.percent === undefined
                        ? "–"
                        : percent(level.percent / 100, locale)
                    }
                    hint={t("today.levelHint", { seconds: duration(promised, locale) })}
                    tone={levelTone(level?.percent)}
                  />
                  <Figure
                    label={t("today.started")}
                    value={integer(today.started, locale)}
                    change={change("started")}
                  />
                  <Figure
                    label={t("today.bot")}
                    value={integer(today.bot_resolved, locale)}
                    hint={
                      today.started > 0
                        ? t("today.share", { percent: percent(today.bot_resolved / today.started, locale) })
                        : undefined
                    }
                  />
                  <Figure
                    label={t("today.handoffs")}
                    value={integer(today.handoffs, locale)}
                    change={change("handoffs")}
                  />
                  <Figure
                    label={t("today.resolved")}
                    value={integer(today.resolved, locale)}
                    change={change("resolved")}
                  />
                  <Figure
                    label={t("today.abandoned")}
                    value={integer(today.abandoned, locale)}
                    tone={today.abandoned > 0 ? "breach" : "idle"}
                    hint={
                      today.handoffs > 0
                        ? t("today.ofHandoffs", {
                            percent: percent(today.abandoned / today.handoffs, locale),
                          })
                        : undefined
                    }
                  />
                  <Figure
                    label={t("today.asa")}
                    value={today.asa_s === null ? "–" : duration(today.asa_s, locale)}
                    hint={t("today.asaHint")}
                  />
                  <Figure
                    label={t("today.aht")}
                    value={today.aht_s === null ? "–" : duration(today.aht_s, locale)}
                    hint={t("today.ahtHint")}
                  />
                  <Figure
                    label={t("today.csat")}
                    value={today.csat.mean === null ? "–" : today.csat.mean.toFixed(1)}
                    hint={t("today.csatHint", { count: today.csat.count })}
                  />
                </dl>
              </section>
              <div className="qi-two">
                <section className="qi-card" aria-label={t("wall.byHour")}>
                  <header>
                    <h2>{t("wall.byHour")}</h2>
                    <Segmented
                      aria-label={t("wall.byHour")}
                      size="small"
                      value={metric}
                      onChange={setMetric}
                      options={METRICS.map((name) => ({ value: name, label: t(`today.${name}`) }))}
                    />
                  </header>
                  <Chart
                    label={`${t("wall.byHour")} – ${t(`today.${metric}`)}`}
                    unit={t("chart.unit")}
                    categories={chart.categories}
                    series={chart.series}
                  />
                </section>
                <section className="qi-card" aria-label={t("nav.agents")}>
                  <header>
                    <h2>{t("nav.agents")}</h2>
                    <span className="qi-states">
                      {STATES.map((state) => (
                        <span key={state} className={`qi-state qi-state-${state}`}>
                          <i aria-hidden />
                          {t(`state.${state}`)} <b>{data.agents[state] ?? 0}</b>
                        </span>
                      ))}
                    </span>
                  </header>
                  <AgentGrid
                    onOpen={(agent) => setWhere({ kind: "agent", id: agent.user.id, name: agent.user.name })}
                  />
                </section>
              </div>
              <section className="qi-card" aria-label={t("wall.conversations")}>
                <header>
                  <h2>{t("wall.conversations")}</h2>
                </header>
                <Conversations where={{ kind: "live" }} />
              </section>
            </>
          )}
        </State>
      </Page>
      <Drawer
        open={where !== null}
        size={620}
        title={where && where.kind !== "live" ? where.name : ""}
        onClose={() => setWhere(null)}
        getContainer={() => stage.current ?? document.body}
      >
        {where && <Conversations where={where} />}
      </Drawer>
    </div>
  );
}
