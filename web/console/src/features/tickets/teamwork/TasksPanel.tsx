import { Button } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useGet } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { EmptyState, Fetched } from "@/ui/states";
import type { Ticket } from "../types";
import { TaskActions } from "./actions";
import { Due, TaskStateTag } from "./bits";
import { TaskForm } from "./TaskForm";
import type { Task } from "./types";
import "./work.css";

/** What a ticket asks of departments. */
export default function TasksPanel({ ticket }: { ticket: Ticket }) {
  const t = useT("tickets/teamwork");
  const asks = useCan("tickets.handle");
  const [making, setMaking] = useState(false);
  const tasks = useGet<Task[]>(`/tickets/${ticket.id}/tasks`, { version: ticket.version }, { keep: true });
  const open = ticket.status !== "solved" && ticket.status !== "closed" && !ticket.merged_into;
  const ask =
    asks && open ? (
      <Button size="small" icon={<Plus size={13} aria-hidden />} onClick={() => setMaking(true)}>
        {t("form.new")}
      </Button>
    ) : null;
  return (
    <div className="qw-panel">
      <Fetched
        query={tasks}
        compact
        isEmpty={(found) => found.length === 0}
        empty={<EmptyState compact title={t("no_tasks")} hint={t("no_tasks_hint")} action={ask} />}
      >
        {(found) => (
          <>
            <ul className="qw-list">
              {found.map((task) => (
                <TaskItem key={task.id} task={task} />
              ))}
            </ul>
            {ask}
          </>
        )}
      </Fetched>
      {making ? <TaskForm ticketId={ticket.id} onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function TaskItem({ task }: { task: Task }) {
  const t = useT("tickets/teamwork");
  const over = task.closed_at !== null;
  return (
    <li className={`qw-item ${over ? "qw-item--over" : ""}`}>
      <div className="qw-item__head">
        <span className="qw-item__title">{task.title}</span>
        <TaskStateTag state={task.state} />
      </div>
      <div className="qw-meta">
        <span>{task.department.name ?? t("gone")}</span>
        {task.assignee ? <span>{task.assignee.name ?? t("gone")}</span> : null}
        {task.due_at ? <Due at={task.due_at} over={over} /> : null}
        {!over && task.blocking ? <span>{t("waits")}</span> : null}
      </div>
      {task.details && !over ? <p className="qw-text">{task.details}</p> : null}
      {task.result ? <p className="qw-text">{t("result_is", { text: task.result })}</p> : null}
      {task.reason ? <p className="qw-text">{t("reason_is", { text: task.reason })}</p> : null}
      <TaskActions task={task} small />
    </li>
  );
}
