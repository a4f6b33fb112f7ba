import { Button, DatePicker, Dropdown, Input, Modal, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { clockTime, minuteTime } from "@/lib/format";
import { useNow } from "@/ui/Time";
import { callsChanged } from "./api";
import { type Callback, OUTCOMES, type Outcome } from "./types";

/** By when it was promised, and whether that was kept. */
export function PromiseTime({ promise }: { promise: Callback }) {
  const t = useT("calls");
  const locale = useLocale();
  const now = useNow(15);
  const late = promise.state === "open" && Date.parse(promise.promised_until) < now;
  // What is due this very minute is due: the clock on this page moves in steps.
  const notYet = promise.state === "open" && Date.parse(promise.next_at) - now > 60_000;
  return (
    <div className="q-promise">
      <span className={late || promise.broken ? "q-promise__late" : ""}>
        {t(late || promise.broken ? "callback.broken_at" : "callback.until", {
          time: minuteTime(promise.promised_until, locale),
        })}
      </span>
      {notYet ? (
        <span className="q-muted">{t("callback.next", { time: minuteTime(promise.next_at, locale) })}</span>
      ) : null}
      {promise.attempts ? (
        <span className="q-muted">
          {t("callback.tries", { n: promise.attempts, most: promise.attempts_most })}
          {promise.history.length
            ? ` · ${promise.history.map((one) => `${clockTime(one.at, locale)} ${t(`outcome.${one.outcome}`)}`).join(" · ")}`
            : ""}
        </span>
      ) : null}
    </div>
  );
}

/** Noting a try, agreeing another time, taking it, giving it up. */
export function CallbackActions({ promise }: { promise: Callback }) {
  const t = useT("calls");
  const [dialog, setDialog] = useState<"attempt" | "move" | "done" | "cancel" | null>(null);
  const act = useAct(
    ([path, body]: [string, unknown?]) => api.post<Callback>(`/callbacks/${promise.id}/${path}`, body),
    {
      onSuccess: () => {
        setDialog(null);
        callsChanged();
      },
    },
  );
  return (
    <>
      <Button size="small" type="primary" onClick={() => setDialog("attempt")}>
        {t("callback.log")}
      </Button>
      <Dropdown
        trigger={["click"]}
        menu={{
          items: [
            { key: "take", label: t("callback.take"), onClick: () => act.mutate(["take"]) },
            { key: "move", label: t("callback.move"), onClick: () => setDialog("move") },
            { key: "done", label: t("callback.settled"), onClick: () => setDialog("done") },
            { key: "cancel", label: t("callback.cancel"), danger: true, onClick: () => setDialog("cancel") },
          ],
        }}
      >
        <Button size="small" icon={<MoreHorizontal size={14} />} aria-label={t("callback.more")} />
      </Dropdown>
      {dialog === "attempt" ? (
        <AttemptDialog
          busy={act.isPending}
          onClose={() => setDialog(null)}
          onDone={(body) => act.mutate(["attempts", body])}
        />
      ) : null}
      {dialog === "move" ? (
        <MoveDialog
          promise={promise}
          busy={act.isPending}
          onClose={() => setDialog(null)}
          onDone={(body) => act.mutate(["reschedule", body])}
        />
      ) : null}
      {dialog === "cancel" || dialog === "done" ? (
        <ReasonDialog
          title={t(dialog === "done" ? "callback.settled" : "callback.cancel")}
          danger={dialog === "cancel"}
          busy={act.isPending}
          onClose={() => setDialog(null)}
          onDone={(reason) => act.mutate([dialog, { reason }])}
        />
      ) : null}
    </>
  );
}

function AttemptDialog(props: { busy: boolean; onClose: () => void; onDone: (body: unknown) => void }) {
  const t = useT("calls");
  const [outcome, setOutcome] = useState<Outcome>("reached");
  const [note, setNote] = useState("");
  const [key] = useState(newKey);
  return (
    <Modal
      open
      title={t("callback.log")}
      okText={t("callback.note_it")}
      cancelText={t("back")}
      confirmLoading={props.busy}
      onCancel={props.onClose}
      onOk={() => props.onDone({ client_id: key, outcome, note })}
    >
      <div className="q-call__form">
        <label htmlFor="attempt-outcome">{t("callback.came_of_it")}</label>
        <Select
          id="attempt-outcome"
          autoFocus
          value={outcome}
          onChange={setOutcome}
          options={OUTCOMES.map((one) => ({ value: one, label: t(`outcome.${one}`) }))}
        />
        <label htmlFor="attempt-note">{t("callback.note")}</label>
        <Input.TextArea
          id="attempt-note"
          rows={2}
          maxLength={500}
          value={note}
          onChange={(e) => setNote(e.target.value)}
        />
      </div>
    </Modal>
  );
}

function MoveDialog(props: {
  promise: Callback;
  busy: boolean;
  onClose: () => void;
  onDone: (body: unknown) => void;
}) {
  const t = useT("calls");
  const [range, setRange] = useState<[Dayjs, Dayjs]>(() => {
    const start = dayjs().add(1, "hour").startOf("hour");
    return [start, start.add(1, "hour")];
  });
  return (
    <Modal
      open
      title={t("callback.move")}
      okText={t("callback.promise")}
      cancelText={t("back")}
      confirmLoading={props.busy}
      onCancel={props.onClose}
      onOk={() =>
        props.onDone({ promised_from: range[0].toISOString(), promised_until: range[1].toISOString() })
      }
    >
      <div className="q-call__form">
        <label htmlFor="promise-window">{t("callback.window")}</label>
        <DatePicker.RangePicker
          id="promise-window"
          showTime={{ format: "HH:mm", minuteStep: 5 }}
          format="YYYY-MM-DD HH:mm"
          value={range}
          onChange={(value) => value?.[0] && value[1] && setRange([value[0], value[1]])}
          allowClear={false}
        />
      </div>
    </Modal>
  );
}

function ReasonDialog(props: {
  title: string;
  danger: boolean;
  busy: boolean;
  onClose: () => void;
  onDone: (reason: string) => void;
}) {
  const t = useT("calls");
  const [reason, setReason] = useState("");
  return (
    <Modal
      open
      title={props.title}
      okText={props.title}
      okButtonProps={{ danger: props.danger }}
      cancelText={t("back")}
      confirmLoading={props.busy}
      onCancel={props.onClose}
      onOk={() => props.onDone(reason)}
    >
      <div className="q-call__form">
        <label htmlFor="cancel-reason">{t("callback.why")}</label>
        <Input
          id="cancel-reason"
          autoFocus
          maxLength={500}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
        />
      </div>
    </Modal>
  );
}
