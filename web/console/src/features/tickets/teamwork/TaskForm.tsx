import { Checkbox, DatePicker, Form, Input, Modal } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { sentenceOf } from "@/api/problem";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { DepartmentPicker, PersonPicker } from "../fields/pickers";
import { ticketChangedHere } from "./cache";
import type { Task } from "./types";

/** A new task, or another wording and date of an open one. */
export function TaskForm(props: { ticketId: Id; task?: Task; onClose: () => void }) {
  const t = useT("tickets/teamwork");
  const { task } = props;
  const [title, setTitle] = useState(task?.title ?? "");
  const [details, setDetails] = useState(task?.details ?? "");
  const [department, setDepartment] = useState<Id | null>(task?.department.id ?? null);
  const [assignee, setAssignee] = useState<Id | null>(null);
  const [due, setDue] = useState<Dayjs | null>(task?.due_at ? dayjs(task.due_at) : null);
  const [blocking, setBlocking] = useState(task?.blocking ?? true);
  const save = useAct(
    () => {
      const body = { title: title.trim(), details, due_at: due?.toISOString() ?? null, blocking };
      return task
        ? api.patch<Task>(`/tasks/${task.id}`, body)
        : api.post<Task>(`/tickets/${props.ticketId}/tasks`, {
            ...body,
            department_id: department,
            assignee_id: assignee,
          });
    },
    {
      quiet: true,
      onSuccess: () => {
        ticketChangedHere(props.ticketId);
        props.onClose();
      },
    },
  );
  const ready = title.trim().length > 0 && department !== null;
  return (
    <Modal
      open
      title={t(task ? "form.edit" : "form.new")}
      okText={t(task ? "save" : "form.ask")}
      cancelText={t("cancel")}
      okButtonProps={{ disabled: !ready, loading: save.isPending }}
      onOk={() => save.mutate(undefined)}
      onCancel={props.onClose}
    >
      <Form layout="vertical" component="div">
        {task ? null : (
          <>
            <Form.Item label={t("department")} required htmlFor="task-department">
              <DepartmentPicker id="task-department" value={department} onChange={setDepartment} autoFocus />
            </Form.Item>
            <Form.Item label={t("assignee")} htmlFor="task-assignee" extra={t("form.assignee_hint")}>
              <PersonPicker id="task-assignee" value={assignee} onChange={setAssignee} allowClear />
            </Form.Item>
          </>
        )}
        <Form.Item label={t("title")} required htmlFor="task-title">
          <Input
            id="task-title"
            maxLength={200}
            value={title}
            autoFocus={!!task}
            placeholder={t("form.title_hint")}
            onChange={(event) => setTitle(event.target.value)}
            onPressEnter={() => ready && save.mutate(undefined)}
          />
        </Form.Item>
        <Form.Item label={t("details")} htmlFor="task-details">
          <Input.TextArea
            id="task-details"
            rows={3}
            maxLength={10_000}
            value={details}
            onChange={(event) => setDetails(event.target.value)}
          />
        </Form.Item>
        <Form.Item label={t("due")} htmlFor="task-due">
          <DatePicker
            id="task-due"
            showTime={{ format: "HH:mm" }}
            format="YYYY-MM-DD HH:mm"
            value={due}
            onChange={(value) => setDue(value)}
            style={{ width: "100%" }}
            presets={[
              { label: t("form.in_hours", { n: 4 }), value: dayjs().add(4, "hour") },
              { label: t("form.tomorrow"), value: dayjs().add(1, "day").hour(18).minute(0) },
              { label: t("form.in_days", { n: 3 }), value: dayjs().add(3, "day").hour(18).minute(0) },
            ]}
          />
        </Form.Item>
        <Checkbox checked={blocking} onChange={(event) => setBlocking(event.target.checked)}>
          {t("form.blocking")}
        </Checkbox>
        <div className="qw-hint">{t(blocking ? "form.blocking_hint" : "form.loose_hint")}</div>
        {save.error ? (
          <div role="alert" className="qw-late">
            {sentenceOf(save.error)}
          </div>
        ) : null}
      </Form>
    </Modal>
  );
}
