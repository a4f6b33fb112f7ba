import { Button, DatePicker, Modal } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { AlarmClock } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import type { DialogProps } from "./Dialogs";
import { snoozeChoices } from "./snoozeTimes";
import { useVerbs } from "./verbs";

export function SnoozeDialog({ conversation, close }: DialogProps) {
  const t = useT("inbox");
  const locale = useLocale();
  const verbs = useVerbs(conversation.id);
  const [custom, setCustom] = useState<Dayjs | null>(null);
  const snooze = async (until: Date) => {
    if (await verbs.snooze(until.toISOString())) close();
  };
  return (
    <Modal open title={t("snooze.title")} onCancel={close} footer={null} width={380}>
      <p className="q-muted" style={{ marginBottom: 8 }}>
        {t("snooze.hint")}
      </p>
      <div className="q-pick">
        {snoozeChoices(new Date()).map((choice) => (
          <button
            key={choice.key}
            type="button"
            className="q-pick__item"
            onClick={() => void snooze(choice.until)}
          >
            <AlarmClock size={16} className="q-icon q-muted" aria-hidden />
            <span className="q-pick__main">{t(`snooze.${choice.key}`)}</span>
            <small className="q-muted q-num">
              {choice.until.toLocaleString(locale, {
                weekday: "short",
                month: "short",
                day: "numeric",
                hour: "2-digit",
                minute: "2-digit",
                hour12: false,
              })}
            </small>
          </button>
        ))}
      </div>
      <div className="q-dialog-row">
        <DatePicker
          showTime={{ format: "HH:mm" }}
          value={custom}
          onChange={(value) => setCustom(value)}
          disabledDate={(day) => day.isBefore(dayjs(), "day")}
          placeholder={t("snooze.custom")}
          style={{ flex: 1 }}
        />
        <Button
          type="primary"
          disabled={!custom || custom.isBefore(dayjs())}
          onClick={() => custom && void snooze(custom.toDate())}
        >
          {t("snooze.submit")}
        </Button>
      </div>
    </Modal>
  );
}
