import { Button, Dropdown, Input } from "antd";
import { Coffee, Copy, Plus, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useT } from "@/app/i18n";
import { Toggle } from "../kit";
import {
  addInterval,
  canCutBreak,
  checkDay,
  copyDay,
  cutBreak,
  DAYS,
  type Day,
  type Interval,
  openMinutes,
  overnight,
  PRESETS,
  readClock,
  sortIntervals,
  type Weekly,
  weekMinutes,
} from "./model";

/** A clock time typed as people type it; what cannot be read goes back to what was there. */
function Clock(props: { value: string; label: string; invalid: boolean; onChange: (value: string) => void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const commit = () => {
    const read = readClock(text);
    if (read) props.onChange(read);
    setText(read ?? props.value);
  };
  return (
    <Input
      className="qh-clock"
      value={text}
      aria-label={props.label}
      inputMode="numeric"
      {...(props.invalid ? { status: "error" as const, "aria-invalid": true } : {})}
      onChange={(event) => setText(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={commit}
      onPressEnter={(event) => {
        event.preventDefault();
        commit();
      }}
    />
  );
}

export function Intervals(props: {
  label: string;
  value: Interval[];
  onChange: (value: Interval[]) => void;
}) {
  const t = useT("settings");
  const faults = checkDay(props.value);
  const change = (index: number, side: 0 | 1, clock: string) =>
    props.onChange(
      props.value.map(
        (item, i): Interval => (i !== index ? item : side === 0 ? [clock, item[1]] : [item[0], clock]),
      ),
    );
  return (
    <div className="qh-intervals">
      {props.value.map((interval, index) => {
        const fault = faults.find((item) => item.index === index);
        return (
          <div key={index} className="qh-interval">
            <Clock
              value={interval[0]}
              invalid={fault !== undefined}
              label={t("hours.from", { day: props.label, n: index + 1 })}
              onChange={(clock) => change(index, 0, clock)}
            />
            <span aria-hidden>–</span>
            <Clock
              value={interval[1]}
              invalid={fault !== undefined}
              label={t("hours.to", { day: props.label, n: index + 1 })}
              onChange={(clock) => change(index, 1, clock)}
            />
            {overnight(interval) && <span className="qk-muted">{t("hours.nextDay")}</span>}
            <Button
              type="text"
              size="small"
              icon={<X size={14} />}
              aria-label={t("hours.removeInterval", { day: props.label, n: index + 1 })}
              onClick={() => props.onChange(props.value.filter((_, i) => i !== index))}
            />
            {fault && (
              <span role="alert" className="qh-fault">
                {t(`hours.fault.${fault.fault}`)}
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
}

export function WeekEditor(props: { value: Weekly; onChange: (value: Weekly) => void }) {
  const t = useT("settings");
  const { value, onChange } = props;
  const setDay = (day: Day, hours: Interval[]) => onChange({ ...value, [day]: hours });
  return (
    <div className="qh-week">
      <div className="qk-toolbar">
        <span className="qk-muted">{t("hours.presets")}</span>
        {(Object.keys(PRESETS) as (keyof typeof PRESETS)[]).map((preset) => (
          <Button key={preset} size="small" onClick={() => onChange(PRESETS[preset])}>
            {t(`hours.preset.${preset}`)}
          </Button>
        ))}
        <span className="qk-toolbar-space" />
        <span className="qk-muted qk-num">
          {t("hours.weekTotal", { hours: Math.round(weekMinutes(value) / 6) / 10 })}
        </span>
      </div>
      {DAYS.map((day) => {
        const hours = value[day] ?? [];
        const label = t(`hours.day.${day}`);
        return (
          <div key={day} className="qh-day" role="group" aria-label={label}>
            <Toggle
              className="qh-dayname"
              size="small"
              checked={hours.length > 0}
              aria-label={t("hours.openOn", { day: label })}
              onChange={(on) => setDay(day, on ? addInterval([]) : [])}
            >
              {label}
            </Toggle>
            {hours.length === 0 ? (
              <span className="qk-muted qh-closed">{t("hours.closed")}</span>
            ) : (
              <Intervals label={label} value={hours} onChange={(next) => setDay(day, next)} />
            )}
            <div className="qh-dayacts">
              {hours.length > 0 && (
                <>
                  <span className="qk-muted qk-num qh-sum">
                    {t("hours.total", { hours: Math.round(openMinutes(hours) / 6) / 10 })}
                  </span>
                  <Button
                    size="small"
                    type="text"
                    icon={<Coffee size={14} />}
                    title={t("hours.lunch")}
                    aria-label={t("hours.lunchOn", { day: label })}
                    disabled={!canCutBreak(hours)}
                    onClick={() => setDay(day, cutBreak(hours))}
                  />
                  <Button
                    size="small"
                    type="text"
                    icon={<Plus size={14} />}
                    title={t("hours.addInterval")}
                    aria-label={t("hours.addIntervalOn", { day: label })}
                    onClick={() => setDay(day, addInterval(sortIntervals(hours)))}
                  />
                </>
              )}
              <Dropdown
                trigger={["click"]}
                menu={{
                  items: [
                    {
                      key: "work",
                      label: t("hours.copyWorkdays"),
                      onClick: () => onChange(copyDay(value, day, DAYS.slice(0, 5))),
                    },
                    {
                      key: "all",
                      label: t("hours.copyAll"),
                      onClick: () => onChange(copyDay(value, day, DAYS)),
                    },
                  ],
                }}
              >
                <Button
                  size="small"
                  type="text"
                  icon={<Copy size={14} />}
                  title={t("hours.copy")}
                  aria-label={t("hours.copyOf", { day: label })}
                />
              </Dropdown>
            </div>
          </div>
        );
      })}
    </div>
  );
}
