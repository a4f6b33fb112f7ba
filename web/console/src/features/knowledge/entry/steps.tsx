/** The small dialogs on the way of a text. */
import { DatePicker, Input, Modal } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { Field } from "../../settings/kit";
import type { EntryState } from "./useEntry";
import { workOf } from "./useEntry";

interface Props {
  open: boolean;
  onClose: () => void;
  state: EntryState;
}

function Moment(props: {
  id: string;
  value: Dayjs | null;
  onChange: (at: Dayjs | null) => void;
  hint: string;
}) {
  return (
    <DatePicker
      id={props.id}
      style={{ width: "100%" }}
      showTime={{ format: "HH:mm" }}
      format="YYYY-MM-DD HH:mm"
      value={props.value}
      placeholder={props.hint}
      disabledDate={(day) => day.isBefore(dayjs(), "day")}
      onChange={(at) => props.onChange(at)}
    />
  );
}

export function SubmitDialog({ open, onClose, state }: Props) {
  const t = useT("knowledge");
  const [note, setNote] = useState("");
  const [at, setAt] = useState<Dayjs | null>(null);
  const send = () => {
    const good = state.submit(async (saved, path) => {
      await api.post(`${path}/submit`, {
        version: saved.version,
        note,
        publish_at: at ? at.toISOString() : null,
      });
    });
    if (good) setNote("");
    onClose();
  };
  return (
    <Modal
      open={open}
      mask={{ closable: false }}
      title={t("step.submit")}
      okText={t("step.submit")}
      onOk={send}
      onCancel={onClose}
      destroyOnHidden
    >
      <Field label={t("step.note")} htmlFor="submit-note" help={t("step.noteHelp")}>
        <Input.TextArea
          id="submit-note"
          autoFocus
          rows={3}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </Field>
      <Field label={t("step.wish")} htmlFor="submit-at">
        <Moment id="submit-at" value={at} onChange={setAt} hint={t("step.onceApproved")} />
      </Field>
    </Modal>
  );
}

export function ApproveDialog({ open, onClose, state }: Props) {
  const t = useT("knowledge");
  const wish = state.entry.data ? workOf(state.entry.data).publish_at : null;
  const [comment, setComment] = useState("");
  const [at, setAt] = useState<Dayjs | null | undefined>(undefined);
  const when = at === undefined ? (wish ? dayjs(wish) : null) : at;
  const approve = async () => {
    const body = {
      version: state.entry.data?.version,
      decision: "approve",
      comment,
      publish_at: when ? when.toISOString() : null,
    };
    if (await state.step.run("review", body)) onClose();
  };
  return (
    <Modal
      open={open}
      mask={{ closable: false }}
      title={t("step.approve")}
      okText={t(when ? "step.schedule" : "action.publish")}
      confirmLoading={state.step.busy}
      onOk={() => void approve()}
      onCancel={onClose}
      destroyOnHidden
    >
      <Field label={t("step.when")} htmlFor="approve-at">
        <Moment id="approve-at" value={when} onChange={setAt} hint={t("step.atOnce")} />
      </Field>
      <Field label={t("step.comment")} htmlFor="approve-comment">
        <Input.TextArea
          id="approve-comment"
          rows={2}
          maxLength={1000}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      </Field>
    </Modal>
  );
}

export function SendBackDialog({ open, onClose, state }: Props) {
  const t = useT("knowledge");
  const [comment, setComment] = useState("");
  const send = async () => {
    const body = { version: state.entry.data?.version, decision: "send_back", comment };
    if (await state.step.run("review", body)) {
      setComment("");
      onClose();
    }
  };
  return (
    <Modal
      open={open}
      mask={{ closable: false }}
      title={t("step.sendBack")}
      okText={t("step.sendBack")}
      okButtonProps={{ disabled: !comment.trim() }}
      confirmLoading={state.step.busy}
      onOk={() => void send()}
      onCancel={onClose}
      destroyOnHidden
    >
      <Field label={t("step.whatToChange")} htmlFor="send-back" required>
        <Input.TextArea
          id="send-back"
          autoFocus
          rows={4}
          maxLength={1000}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      </Field>
    </Modal>
  );
}

export function ScheduleDialog({ open, onClose, state }: Props) {
  const t = useT("knowledge");
  const [at, setAt] = useState<Dayjs | null>(null);
  const set = () => {
    state.submit(async (saved, path) => {
      await api.post(`${path}/schedule`, { version: saved.version, publish_at: at?.toISOString() });
    });
    onClose();
  };
  return (
    <Modal
      open={open}
      title={t("step.schedule")}
      okText={t("step.schedule")}
      okButtonProps={{ disabled: !at }}
      onOk={set}
      onCancel={onClose}
      destroyOnHidden
    >
      <Field label={t("step.when")} htmlFor="schedule-at">
        <Moment id="schedule-at" value={at} onChange={setAt} hint={t("step.pick")} />
      </Field>
    </Modal>
  );
}
