import { Link } from "@tanstack/react-router";
import { Button, Input, InputNumber } from "antd";
import { Play, Square, X } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { duration } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { Elapsed, RelativeTime } from "@/ui/Time";
import { useWorklogs } from "../api";
import type { TicketView } from "../types";
import { Block } from "./Block";
import { secondsOf, useTimer } from "./timer";
import { useTicketVerbs } from "./verbs";

/** Time spent: a clock that runs, or figures written down afterwards. */
export function TimeSpent({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const locale = useLocale();
  const me = useMe().user;
  const verbs = useTicketVerbs(ticket.id);
  const may = ticket.may?.worklog ?? false;
  const total = ticket.worked_seconds ?? 0;
  const logs = useWorklogs(ticket.id, total > 0);
  const timer = useTimer();
  const [manual, setManual] = useState(false);
  const [hours, setHours] = useState<number | null>(null);
  const [minutes, setMinutes] = useState<number | null>(null);
  const [note, setNote] = useState("");
  const here = timer.running?.ticketId === ticket.id ? timer.running : null;
  if (!may && total === 0) return null;

  const stop = async () => {
    if (!here) return;
    const seconds = secondsOf(here.startedAt, Date.now());
    if (
      await verbs.logTime(
        { seconds, note: note.trim(), started_at: here.startedAt },
        t("side.time_logged", { time: duration(seconds, locale) }),
      )
    ) {
      timer.stop();
      setNote("");
    }
  };
  const log = async () => {
    const seconds = Math.round(((hours ?? 0) * 60 + (minutes ?? 0)) * 60);
    if (seconds <= 0) return;
    if (
      await verbs.logTime(
        { seconds, note: note.trim() },
        t("side.time_logged", { time: duration(seconds, locale) }),
      )
    ) {
      setManual(false);
      setHours(null);
      setMinutes(null);
      setNote("");
    }
  };
  const noteBox = (
    <Input
      size="small"
      value={note}
      maxLength={500}
      placeholder={t("side.note")}
      aria-label={t("side.note")}
      onChange={(event) => setNote(event.target.value)}
    />
  );
  return (
    <Block
      id="time"
      title={
        <>
          {t("side.time")}
          {total > 0 ? <span className="q-muted q-num">{duration(total, locale)}</span> : null}
        </>
      }
    >
      {may ? (
        here ? (
          <div className="q-tk__timer">
            <div className="q-tk__row">
              <span className="q-tk__ticking">
                <span className="q-sr">{t("side.timer_running")}</span>
                <Elapsed since={here.startedAt} />
              </span>
              <Button
                size="small"
                type="primary"
                icon={<Square size={12} aria-hidden />}
                onClick={() => void stop()}
              >
                {t("side.timer_stop")}
              </Button>
              <Button size="small" type="text" onClick={timer.stop}>
                {t("side.discard_timer")}
              </Button>
            </div>
            {noteBox}
          </div>
        ) : manual ? (
          <form
            className="q-tk__timer"
            onSubmit={(event) => {
              event.preventDefault();
              void log();
            }}
          >
            <div className="q-tk__row">
              <InputNumber<number>
                size="small"
                autoFocus
                min={0}
                max={167}
                precision={0}
                value={hours}
                aria-label={t("side.hours")}
                suffix={t("side.hours")}
                onChange={setHours}
              />
              <InputNumber<number>
                size="small"
                min={0}
                max={10_000}
                precision={0}
                value={minutes}
                aria-label={t("side.minutes")}
                suffix={t("side.minutes")}
                onChange={setMinutes}
              />
            </div>
            {noteBox}
            <div className="q-tk__row">
              <Button size="small" type="primary" htmlType="submit" disabled={!hours && !minutes}>
                {t("save")}
              </Button>
              <Button size="small" onClick={() => setManual(false)}>
                {t("cancel")}
              </Button>
            </div>
          </form>
        ) : (
          <div className="q-tk__row">
            <Button
              size="small"
              icon={<Play size={12} aria-hidden />}
              disabled={timer.running !== null}
              onClick={() => timer.start(ticket)}
            >
              {t("side.timer_start")}
            </Button>
            <Button size="small" type="text" onClick={() => setManual(true)}>
              {t("side.log_time")}
            </Button>
          </div>
        )
      ) : null}
      {timer.running && !here ? (
        <div className="q-muted">
          <Link to={`/tickets/${timer.running.ref}` as string}>
            {t("side.timer_elsewhere", { ref: timer.running.ref })}
          </Link>
        </div>
      ) : null}
      <ul className="q-tk__logs">
        {(logs.data ?? []).map((one) => (
          <li key={one.id}>
            <Avatar name={one.user.name} id={one.user.id} url={one.user.avatar_url} size={20} />
            <span className="q-tk__log">
              <span className="q-ellipsis">{one.note || one.user.name}</span>
              <small className="q-muted">
                {one.note ? `${one.user.name} · ` : ""}
                <RelativeTime at={one.started_at} />
                {one.origin ? ` · ${t("timeline.origin", { ref: one.origin })}` : ""}
              </small>
            </span>
            <span className="q-num">{duration(one.seconds, locale)}</span>
            {one.user.id === me.id && may ? (
              <button
                type="button"
                className="q-icon-btn"
                aria-label={t("side.remove_time")}
                onClick={() => void verbs.removeTime(one.id)}
              >
                <X size={13} aria-hidden />
              </button>
            ) : null}
          </li>
        ))}
      </ul>
    </Block>
  );
}
