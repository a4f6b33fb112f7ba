import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { itemsOf, State } from "../kit";
import { DAYS, type Interval, leadingBlanks, todayIn } from "./model";

export interface PreviewDay {
  date: string;
  hours: Interval[];
  /** Why this day has these hours: the week, a public holiday, a make-up workday, an exception. */
  reason: string;
  name?: string | null;
}

const KINDS = ["holiday", "makeup", "exception"] as const;

function kindOf(day: PreviewDay): (typeof KINDS)[number] | "weekly" {
  return KINDS.find((kind) => day.reason === kind) ?? "weekly";
}

/** The next thirty days as the routing will see them. */
export function Preview(props: { calendarId: string; timezone: string }) {
  const t = useT("settings");
  const from = todayIn(props.timezone);
  const path = `/calendars/${props.calendarId}/preview`;
  const days = useQuery({
    queryKey: [path, from],
    queryFn: async ({ signal }) => {
      const answer = await api.get<
        PreviewDay[] | { items: PreviewDay[]; next_cursor: null } | { days: PreviewDay[] }
      >(path, { from, days: 30 }, signal);
      return "days" in answer ? answer.days : itemsOf(answer);
    },
  });
  return (
    <State loading={days.isPending} error={days.error} onRetry={() => void days.refetch()}>
      <div className="qh-month" role="list" aria-label={t("hours.preview")}>
        {DAYS.map((day) => (
          <div key={day} className="qh-weekday" aria-hidden>
            {t(`hours.dayShort.${day}`)}
          </div>
        ))}
        {Array.from({ length: days.data?.[0] ? leadingBlanks(days.data[0].date) : 0 }, (_, index) => (
          <div key={`blank-${index}`} aria-hidden />
        ))}
        {(days.data ?? []).map((day, index) => {
          const kind = kindOf(day);
          const [, month, date] = day.date.split("-");
          return (
            <div
              key={day.date}
              role="listitem"
              className={`qh-cell qh-${kind} ${day.hours.length ? "" : "qh-off"} ${index === 0 ? "qh-today" : ""}`}
            >
              <div className="qh-date qk-num">
                {index === 0 || date === "01" ? `${Number(month)}/${Number(date)}` : Number(date)}
                {kind !== "weekly" && <em>{t(`hours.kind.${kind}`)}</em>}
              </div>
              {day.name && <div className="qh-name">{day.name}</div>}
              {day.hours.length === 0 ? (
                <span>{t("hours.closed")}</span>
              ) : (
                day.hours.map(([a, b]) => (
                  <div key={a} className="qk-num">
                    {a}–{b}
                  </div>
                ))
              )}
            </div>
          );
        })}
      </div>
    </State>
  );
}
