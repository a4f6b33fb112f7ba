import { CircleCheck, CircleDashed, CirclePlay, CircleSlash, Undo2 } from "lucide-react";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, minuteTime, relativeTime } from "@/lib/format";
import { useNow } from "@/ui/Time";
import type { ApprovalState, TaskState } from "./types";

const TASK_ICONS = {
  waiting: CircleDashed,
  doing: CirclePlay,
  done: CircleCheck,
  returned: Undo2,
  cancelled: CircleSlash,
} as const;

export function TaskStateTag({ state }: { state: TaskState }) {
  const t = useT("tickets/teamwork");
  const Icon = TASK_ICONS[state];
  return (
    <span className={`qw-state qw-state--${state}`}>
      <Icon size={13} strokeWidth={2} aria-hidden />
      {t(`state.${state}`)}
    </span>
  );
}

export function ApprovalStateTag({ state }: { state: ApprovalState }) {
  const t = useT("tickets/teamwork");
  return <span className={`qw-state qw-state--${state}`}>{t(`approval.${state}`)}</span>;
}

/** When something is due, red once that has passed. */
export function Due(props: { at: string; over?: boolean }) {
  const t = useT("tickets/teamwork");
  const locale = useLocale();
  const now = useNow(20);
  const late = !props.over && Date.parse(props.at) < now;
  return (
    <time
      className={`q-num ${late ? "qw-late" : ""}`}
      dateTime={props.at}
      title={absoluteTime(props.at, locale)}
    >
      {late
        ? t("overdue", { time: relativeTime(props.at, locale, new Date(now)) })
        : minuteTime(props.at, locale)}
    </time>
  );
}
