import { useParams } from "@tanstack/react-router";
import { Alert, Button, DatePicker, Input, Select, Switch } from "antd";
import dayjs from "dayjs";
import { Plus, X } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useMe } from "@/app/session";
import {
  Field,
  FormProblem,
  Grid,
  leaveSaved,
  Page,
  SaveBar,
  Section,
  State,
  Toggle,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import type { Calendar } from "../types";
import { checkDay, checkWeek, PRESETS, putException, todayIn } from "./model";
import { Preview } from "./Preview";
import { Intervals, WeekEditor } from "./WeekEditor";
import { countryOptions, zoneOptions } from "./zones";
import "./hours.css";

type CalendarDraft = Omit<Calendar, "id">;

function draftOf({
  name,
  timezone,
  weekly,
  holidays_country,
  follow_makeup_workdays,
  exceptions,
}: Calendar): CalendarDraft {
  return { name, timezone, weekly, holidays_country, follow_makeup_workdays, exceptions: exceptions ?? [] };
}

export default function CalendarEditor() {
  const t = useT("settings");
  const locale = useLocale();
  const me = useMe();
  const go = useGo();
  const { calendarId } = useParams({ strict: false }) as { calendarId: string };
  const isNew = calendarId === "new";
  const calendar = useOne<Calendar>(isNew ? null : `/calendars/${calendarId}`);
  const draft = useDraft<CalendarDraft>({
    name: "",
    timezone: me.workspace.timezone,
    weekly: PRESETS.office,
    holidays_country: me.workspace.timezone.startsWith("Asia/Shanghai") ? "CN" : null,
    follow_makeup_workdays: true,
    exceptions: [],
  });
  const { value, set, accept, dirty, problem } = draft;
  const [date, setDate] = useState<string | null>(null);
  useEffect(() => {
    if (calendar.data && !dirty) accept(draftOf(calendar.data));
  }, [calendar.data, dirty, accept]);
  useUnsavedGuard(dirty);

  const save = useSubmit(
    () =>
      isNew
        ? api.post<Calendar>("/calendars", { ...value, name: value.name.trim() })
        : api.patch<Calendar>(`/calendars/${calendarId}`, { ...value, name: value.name.trim() }),
    {
      stale: ["/calendars"],
      draft,
      done: t("kit.saved"),
      onDone: () => {
        accept(value);
        if (isNew) leaveSaved(() => go("/settings/hours"));
      },
    },
  );
  const submit = () => {
    const faults = [];
    if (!value.name.trim()) faults.push({ field: "name", message: t("kit.required") });
    if (Object.keys(checkWeek(value.weekly)).length > 0)
      faults.push({ field: "weekly", message: t("hours.fault.week") });
    const wrong = value.exceptions.filter((item) => checkDay(item.hours).length > 0);
    if (wrong.length)
      faults.push({
        field: "exceptions",
        message: t("hours.fault.exceptions", { list: wrong.map((e) => e.date).join(t("roles.comma")) }),
      });
    if (faults.length) draft.refuse(faults);
    else void save.run();
  };

  return (
    <Page
      title={isNew ? t("hours.newTitle") : (calendar.data?.name ?? t("nav.hours"))}
      onBack={() => go("/settings/hours")}
    >
      <State
        loading={!isNew && calendar.isPending}
        error={calendar.error}
        onRetry={() => void calendar.refetch()}
      >
        <FormProblem problems={draft.problems} shown={["name", "timezone", "holidays"]} />
        <Section>
          <Grid>
            <Field label={t("hours.name")} htmlFor="calendar-name" required problem={problem("name")}>
              <Input
                id="calendar-name"
                autoFocus={isNew}
                maxLength={80}
                placeholder={t("hours.nameExample")}
                value={value.name}
                onChange={(event) => set({ name: event.target.value })}
              />
            </Field>
            <Field label={t("hours.timezone")} htmlFor="calendar-zone" problem={problem("timezone")}>
              <Select
                id="calendar-zone"
                showSearch={{ optionFilterProp: "label" }}
                value={value.timezone}
                onChange={(timezone) => set({ timezone })}
                options={zoneOptions(locale, value.timezone)}
              />
            </Field>
          </Grid>
        </Section>
        <Section title={t("hours.weekTitle")} description={t("hours.weekText")}>
          <WeekEditor value={value.weekly} onChange={(weekly) => set({ weekly })} />
        </Section>
        <Section title={t("hours.holidays")} description={t("hours.holidaysText")}>
          <Grid>
            <Field
              label={t("hours.country")}
              htmlFor="calendar-country"
              problem={problem("holidays_country")}
            >
              <Select
                id="calendar-country"
                value={value.holidays_country ?? ""}
                onChange={(country) => set({ holidays_country: country || null })}
                options={[
                  { value: "", label: t("hours.noHolidays") },
                  ...countryOptions(locale, value.holidays_country),
                ]}
              />
            </Field>
            <Field label={t("hours.makeup")} help={t("hours.makeupHelp")}>
              <Switch
                disabled={value.holidays_country !== "CN"}
                checked={value.holidays_country === "CN" && value.follow_makeup_workdays}
                aria-label={t("hours.makeup")}
                onChange={(follow_makeup_workdays) => set({ follow_makeup_workdays })}
              />
            </Field>
          </Grid>
        </Section>
        <Section title={t("hours.exceptions")} description={t("hours.exceptionsText")}>
          <div className="qs-stack">
            {value.exceptions.map((exception) => (
              <div key={exception.date} className="qh-ex">
                <strong className="qk-num">
                  {dayjs(exception.date).format(locale === "zh-CN" ? "YYYY年M月D日 ddd" : "ddd, MMM D, YYYY")}
                </strong>
                <Input
                  style={{ width: 180 }}
                  maxLength={60}
                  placeholder={t("hours.exceptionName")}
                  aria-label={t("hours.exceptionNameOf", { date: exception.date })}
                  value={exception.name}
                  onChange={(event) =>
                    set({
                      exceptions: putException(value.exceptions, { ...exception, name: event.target.value }),
                    })
                  }
                />
                <Toggle
                  size="small"
                  checked={exception.hours.length > 0}
                  onChange={(on) =>
                    set({
                      exceptions: putException(value.exceptions, {
                        ...exception,
                        hours: on ? [["09:00", "18:00"]] : [],
                      }),
                    })
                  }
                >
                  {t(exception.hours.length > 0 ? "hours.openThatDay" : "hours.closedThatDay")}
                </Toggle>
                {exception.hours.length > 0 && (
                  <Intervals
                    label={exception.date}
                    value={exception.hours}
                    onChange={(hours) =>
                      set({ exceptions: putException(value.exceptions, { ...exception, hours }) })
                    }
                  />
                )}
                <Button
                  type="text"
                  icon={<X size={15} />}
                  aria-label={t("kit.deleteNamed", { name: exception.date })}
                  onClick={() =>
                    set({ exceptions: putException(value.exceptions, { date: exception.date }) })
                  }
                />
              </div>
            ))}
            <div className="qs-row">
              <DatePicker
                value={date ? dayjs(date) : null}
                minDate={dayjs(todayIn(value.timezone))}
                aria-label={t("hours.exceptionDate")}
                onChange={(picked) => setDate(picked ? picked.format("YYYY-MM-DD") : null)}
              />
              <Button
                icon={<Plus size={14} />}
                disabled={!date || value.exceptions.some((item) => item.date === date)}
                onClick={() => {
                  if (date)
                    set({ exceptions: putException(value.exceptions, { date, hours: [], name: "" }) });
                  setDate(null);
                }}
              >
                {t("hours.addException")}
              </Button>
            </div>
          </div>
        </Section>
        <Section title={t("hours.preview")} description={t("hours.previewText")}>
          {isNew ? (
            <Alert type="info" showIcon title={t("hours.previewAfterSave")} />
          ) : (
            <>
              {dirty && <Alert type="info" showIcon className="qk-gap" title={t("hours.previewStale")} />}
              <Preview calendarId={calendarId} timezone={calendar.data?.timezone ?? value.timezone} />
            </>
          )}
        </Section>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={submit}
          onReset={draft.reset}
          {...(isNew ? { saveText: t("kit.create") } : {})}
        />
      </State>
    </Page>
  );
}
