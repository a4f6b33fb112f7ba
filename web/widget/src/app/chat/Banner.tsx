import { useEffect, useState } from "preact/hooks";
import { duration, upcoming } from "../../i18n/format.ts";
import { useApp, useEngine } from "../context.ts";
import { Icon } from "../icons.tsx";

/** A wait longer than this is worth offering another way. */
const LONG_WAIT_S = 300;
/** A connection that comes back at once is not worth a word. */
const QUIET_MS = 2500;

export function ConnectionBanner() {
  const { engine, t } = useApp();
  const { connection } = useEngine(engine);
  const [late, setLate] = useState(false);
  const down = connection === "connecting" || connection === "offline";
  useEffect(() => {
    if (!down) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [down]);
  if (!down || !late) return null;
  return (
    <div class="connection" role="status">
      {connection === "offline" ? <Icon name="alert" size={16} /> : <span class="spinner" />}
      {t(connection === "offline" ? "chat.offline" : "chat.connecting")}
    </div>
  );
}

/** Waiting for a person: one's place and the estimate; or that nobody is there, and what one can do instead. */
export function QueueBanner({
  onLeave,
  onCall,
  left,
}: {
  onLeave: () => void;
  onCall: () => void;
  left: boolean;
}) {
  const { engine, config, locale, t } = useApp();
  const { conversation: c } = useEngine(engine);
  const mayLeave = config.features.leave_message;
  if (!c) return null;
  const call = config.features.callback && (
    <button type="button" class="small" onClick={onCall}>
      {t("call.title")}
    </button>
  );
  if (left)
    return (
      <div class="banner ok" role="status">
        <Icon name="check" size={18} />
        <p>{t("leave.done")}</p>
      </div>
    );
  if (c.offline && c.status !== "assigned" && c.status !== "resolved" && c.status !== "closed") {
    const next = c.offline.next_open;
    return (
      <div class="banner" role="status">
        <Icon name="clock" size={18} />
        <div>
          <b>{t(next ? "offline.title" : "offline.nobody")}</b>
          <p>
            {next
              ? t("offline.back", { time: upcoming(locale, new Date(next), new Date()) })
              : t("offline.back_unknown")}
          </p>
          {mayLeave && (
            <button type="button" class="primary small" onClick={onLeave}>
              {t(config.features.callback ? "leave.only" : "leave.title")}
            </button>
          )}
          {call}
        </div>
      </div>
    );
  }
  if (c.status !== "queued") return null;
  const place = c.queue?.place ?? null;
  const estimate = c.queue?.estimate_s ?? null;
  const long = estimate !== null && estimate >= LONG_WAIT_S;
  return (
    <div class="banner" role="status">
      <span class="pulse" aria-hidden="true" />
      <div>
        <b>
          {place === null
            ? t("queue.joining")
            : place <= 1
              ? t("queue.next")
              : t("queue.place", { n: place - 1 })}
        </b>
        {estimate !== null && <p>{t("queue.wait", { time: duration(locale, estimate) })}</p>}
        {long && mayLeave && (
          <>
            <p>{t("queue.long")}</p>
            <button type="button" class="small" onClick={onLeave}>
              {t(config.features.callback ? "queue.leave_only" : "queue.leave")}
            </button>
          </>
        )}
        {call}
      </div>
    </div>
  );
}
