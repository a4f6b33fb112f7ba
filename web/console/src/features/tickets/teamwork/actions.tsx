import { Button, Dropdown, Input, Modal } from "antd";
import { Ellipsis, Paperclip, X } from "lucide-react";
import { useRef, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useAttachments } from "@/features/inbox/composer/attachments";
import { PersonPicker } from "../fields/pickers";
import { ticketChangedHere } from "./cache";
import { TaskForm } from "./TaskForm";
import type { Task } from "./types";

type Verb = "accept" | "assign" | "finish" | "hand-back" | "cancel" | "reopen" | "remind";
type Asking = "finish" | "hand-back" | "cancel" | "reopen" | "assign" | "edit" | null;

/** What may be done with a task: the doing side's two in sight, the rest in a menu. */
export function TaskActions({ task, small }: { task: Task; small?: boolean }) {
  const t = useT("tickets/teamwork");
  const [asking, setAsking] = useState<Asking>(null);
  const act = useAct(
    ({ verb, body }: { verb: Verb; body?: unknown }) =>
      api.post<Task>(`/tasks/${task.id}/${verb}`, body ?? {}),
    {
      onSuccess: () => {
        setAsking(null);
        ticketChangedHere(task.ticket.id);
      },
    },
  );
  const size = small ? "small" : "middle";
  const more = [
    task.may.assign && { key: "assign", label: t("action.assign"), onClick: () => setAsking("assign") },
    task.may.edit && { key: "edit", label: t("action.edit"), onClick: () => setAsking("edit") },
    task.may.remind && {
      key: "remind",
      label: t("action.remind"),
      onClick: () => act.mutate({ verb: "remind" }),
    },
    task.may.cancel && {
      key: "cancel",
      label: t("action.cancel"),
      danger: true,
      onClick: () => setAsking("cancel"),
    },
  ].filter((item) => !!item);
  return (
    <span className="qw-actions">
      {task.may.accept ? (
        <Button size={size} loading={act.isPending} onClick={() => act.mutate({ verb: "accept" })}>
          {t("action.accept")}
        </Button>
      ) : null}
      {task.may.finish ? (
        <Button size={size} type="primary" onClick={() => setAsking("finish")}>
          {t("action.finish")}
        </Button>
      ) : null}
      {task.may.hand_back ? (
        <Button size={size} onClick={() => setAsking("hand-back")}>
          {t("action.hand_back")}
        </Button>
      ) : null}
      {task.may.reopen ? (
        <Button size={size} onClick={() => setAsking("reopen")}>
          {t("action.reopen")}
        </Button>
      ) : null}
      {more.length > 0 ? (
        <Dropdown trigger={["click"]} menu={{ items: more }}>
          <Button
            size={size}
            type="text"
            icon={<Ellipsis size={15} aria-hidden />}
            aria-label={t("action.more", { title: task.title })}
          />
        </Dropdown>
      ) : null}
      {asking === "finish" ? (
        <FinishDialog
          task={task}
          busy={act.isPending}
          onClose={() => setAsking(null)}
          onFinish={(result, files) => act.mutate({ verb: "finish", body: { result, files } })}
        />
      ) : null}
      {asking === "hand-back" || asking === "reopen" || asking === "cancel" ? (
        <ReasonDialog
          title={t(`ask.${asking === "hand-back" ? "hand_back" : asking}`)}
          hint={t(`ask.${asking === "hand-back" ? "hand_back" : asking}_hint`, {
            name: task.created_by?.name ?? t("somebody"),
          })}
          needed={asking !== "cancel"}
          busy={act.isPending}
          onClose={() => setAsking(null)}
          onDone={(reason) => act.mutate({ verb: asking, body: { reason } })}
        />
      ) : null}
      {asking === "assign" ? (
        <AssignDialog
          task={task}
          busy={act.isPending}
          onClose={() => setAsking(null)}
          onDone={(user_id) => act.mutate({ verb: "assign", body: { user_id } })}
        />
      ) : null}
      {asking === "edit" ? (
        <TaskForm ticketId={task.ticket.id} task={task} onClose={() => setAsking(null)} />
      ) : null}
    </span>
  );
}

function FinishDialog(props: {
  task: Task;
  busy: boolean;
  onClose: () => void;
  onFinish: (result: string, files: Id[]) => void;
}) {
  const t = useT("tickets/teamwork");
  const [result, setResult] = useState("");
  const attachments = useAttachments(`task:${props.task.id}`);
  const file = useRef<HTMLInputElement>(null);
  const uploading = attachments.items.some((one) => !one.file && !one.error);
  const ready = attachments.items.flatMap((one) => (one.file ? [one.file.id] : []));
  return (
    <Modal
      open
      title={t("ask.finish", { title: props.task.title })}
      okText={t("action.finish")}
      cancelText={t("cancel")}
      okButtonProps={{ loading: props.busy || uploading }}
      onOk={() => props.onFinish(result.trim(), ready)}
      onCancel={props.onClose}
    >
      <p className="qw-hint">{t("ask.finish_hint")}</p>
      <Input.TextArea
        autoFocus
        rows={4}
        maxLength={10_000}
        value={result}
        aria-label={t("result")}
        placeholder={t("result")}
        onChange={(event) => setResult(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !uploading)
            props.onFinish(result.trim(), ready);
        }}
      />
      <ul className="qw-files">
        {attachments.items.map((one) => (
          <li key={one.key}>
            <Paperclip size={13} aria-hidden />
            <span className="q-ellipsis">{one.name}</span>
            {one.error ? <span className="qw-late">{one.error}</span> : null}
            <Button
              size="small"
              type="text"
              icon={<X size={13} aria-hidden />}
              aria-label={t("remove_file", { name: one.name })}
              onClick={() => attachments.remove(one.key)}
            />
          </li>
        ))}
      </ul>
      <Button size="small" icon={<Paperclip size={13} aria-hidden />} onClick={() => file.current?.click()}>
        {t("attach")}
      </Button>
      <input
        ref={file}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          if (event.target.files) attachments.add(event.target.files);
          event.target.value = "";
        }}
      />
    </Modal>
  );
}

export function ReasonDialog(props: {
  title: string;
  hint?: string;
  needed: boolean;
  busy: boolean;
  onClose: () => void;
  onDone: (reason: string) => void;
}) {
  const t = useT("tickets/teamwork");
  const [reason, setReason] = useState("");
  const ready = !props.needed || reason.trim().length > 0;
  return (
    <Modal
      open
      title={props.title}
      okText={t("ok")}
      cancelText={t("cancel")}
      okButtonProps={{ loading: props.busy, disabled: !ready }}
      onOk={() => props.onDone(reason.trim())}
      onCancel={props.onClose}
    >
      {props.hint ? <p className="qw-hint">{props.hint}</p> : null}
      <Input.TextArea
        autoFocus
        rows={3}
        maxLength={500}
        value={reason}
        aria-label={t(props.needed ? "reason" : "reason_optional")}
        placeholder={t(props.needed ? "reason" : "reason_optional")}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ready) props.onDone(reason.trim());
        }}
      />
    </Modal>
  );
}

function AssignDialog(props: {
  task: Task;
  busy: boolean;
  onClose: () => void;
  onDone: (user: Id | null) => void;
}) {
  const t = useT("tickets/teamwork");
  const [user, setUser] = useState<Id | null>(props.task.assignee?.id ?? null);
  return (
    <Modal
      open
      title={t("ask.assign")}
      okText={t("ok")}
      cancelText={t("cancel")}
      okButtonProps={{ loading: props.busy }}
      onOk={() => props.onDone(user)}
      onCancel={props.onClose}
    >
      <p className="qw-hint">{t("ask.assign_hint", { department: props.task.department.name ?? "" })}</p>
      <PersonPicker value={user} onChange={setUser} label={t("assignee")} allowClear autoFocus />
    </Modal>
  );
}
