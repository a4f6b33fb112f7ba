import { useSyncExternalStore } from "react";
import { useLocale } from "@/app/i18n";
import { absoluteTime, duration, relativeTime, shortDuration } from "@/lib/format";

// One timer for every clock on screen, so that a thousand rows cost one interval.
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let now = Date.now();
let skew = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** The server's clock minus ours, from the welcome frame: waits are measured on the server's clock. */
export function setClockSkew(serverTime: string): void {
  const at = Date.parse(serverTime);
  if (!Number.isNaN(at)) skew = at - Date.now();
}

/** Milliseconds now on the server's clock, ticking once a second (once per `step` seconds). */
export function useNow(step = 1): number {
  const tick = useSyncExternalStore(subscribe, () => Math.floor(now / 1000 / step));
  return tick * step * 1000 + skew;
}

/** `5 分钟前`, with the exact time on hover. */
export function RelativeTime(props: { at: string; className?: string }) {
  const locale = useLocale();
  const at = useNow(20);
  return (
    <time className={props.className} dateTime={props.at} title={absoluteTime(props.at, locale)}>
      {relativeTime(props.at, locale, new Date(at))}
    </time>
  );
}

/** Time since, counting. */
export function Elapsed(props: { since: string; short?: boolean; className?: string }) {
  const locale = useLocale();
  const seconds = Math.max(0, (useNow() - Date.parse(props.since)) / 1000);
  return (
    <time
      className={`q-num ${props.className ?? ""}`}
      dateTime={props.since}
      title={absoluteTime(props.since, locale)}
    >
      {props.short ? shortDuration(seconds, locale) : duration(seconds, locale)}
    </time>
  );
}
