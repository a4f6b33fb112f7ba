import { Link } from "@tanstack/react-router";
import { Button, Segmented, Tabs } from "antd";
import { ClipboardCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useGet, usePages } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useShortcuts } from "@/app/shortcuts";
import { realtime } from "@/realtime/client";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { PriorityBars, StateTag } from "../bits";
import { TaskActions } from "./actions";
import { Due, TaskStateTag } from "./bits";
import { workChanged } from "./cache";
import type { Task, TaskCounts } from "./types";
import "./work.css";

const SCOPES = ["department", "mine", "asked", "all"] as const;
const WHICH = ["open", "overdue", "over"] as const;
type Scope = (typeof SCOPES)[number];
type Which = (typeof WHICH)[number];

/** The queue of a department: what is to be done, by when, and one click to finish it or hand it back. */
export default function TasksPage() {
  const t = useT("tickets/teamwork");
  const go = useGo();
  const [scope, setScope] = useState<Scope>("department");
  const [which, setWhich] = useState<Which>("open");
  const counts = useGet<TaskCounts>("/tasks/counts");
  const tasks = usePages<Task>("/tasks", { scope, which, limit: 50 });
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => realtime.on("task.changed", workChanged), []);
  const step = (by: number) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(".qw-row") ?? [])];
    const at = rows.findIndex(
      (row) => row === document.activeElement || row.contains(document.activeElement),
    );
    rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
  };
  useShortcuts([
    { keys: "j", group: "list", label: t("keys.next"), run: () => step(1) },
    { keys: "k", group: "list", label: t("keys.previous"), run: () => step(-1) },
  ]);
  const count = (name: Scope) =>
    name === "mine" ? counts.data?.mine : name === "department" ? counts.data?.department : undefined;
  return (
    <PageFrame
      title={t("tasks")}
      subtitle={t("tasks_subtitle")}
      extra={<Button onClick={() => go("/approvals")}>{t("to_approvals")}</Button>}
      toolbar={
        <div className="qw-bar">
          <Tabs
            activeKey={scope}
            onChange={(key) => setScope(key as Scope)}
            items={SCOPES.map((name) => ({
              key: name,
              label: count(name)
                ? t("with_count", { name: t(`scope.${name}`), n: count(name) })
                : t(`scope.${name}`),
            }))}
          />
          <Segmented
            value={which}
            onChange={setWhich}
            options={WHICH.map((name) => ({
              value: name,
              label:
                name === "overdue" && counts.data?.overdue
                  ? t("with_count", { name: t(`which.${name}`), n: counts.data.overdue })
                  : t(`which.${name}`),
            }))}
          />
        </div>
      }
    >
      <Panel flush>
        {tasks.isPending ? (
          <SkeletonRows rows={5} avatar={false} />
        ) : tasks.error && tasks.items.length === 0 ? (
          <ErrorState error={tasks.error} retry={() => void tasks.refetch()} />
        ) : tasks.items.length === 0 ? (
          <EmptyState icon={ClipboardCheck} title={t(`empty.${which}`)} hint={t("empty.hint")} />
        ) : (
          <ul className="qw-rows" ref={list} aria-label={t("tasks")}>
            {tasks.items.map((task) => (
              <Row key={task.id} task={task} />
            ))}
          </ul>
        )}
        {tasks.hasNextPage ? (
          <div className="qw-more">
            <Button loading={tasks.isFetchingNextPage} onClick={() => void tasks.fetchNextPage()}>
              {t("more")}
            </Button>
          </div>
        ) : null}
      </Panel>
    </PageFrame>
  );
}

function Row({ task }: { task: Task }) {
  const t = useT("tickets/teamwork");
  const over = task.closed_at !== null;
  return (
    <li className={`qw-row ${task.overdue ? "qw-row--late" : ""}`} tabIndex={-1}>
      <div className="qw-row__main">
        <div className="qw-item__head">
          <span className="qw-item__title">
            <PriorityBars priority={task.ticket.priority} />
            {task.title}
          </span>
          <TaskStateTag state={task.state} />
        </div>
        <div className="qw-meta">
          <Link to={`/tickets/${task.ticket.number}` as string} className="q-ellipsis">
            {task.ticket.ref} {task.ticket.title}
          </Link>
          <StateTag status={task.ticket.status} />
          <span>{task.department.name ?? t("gone")}</span>
          <span>{task.assignee ? (task.assignee.name ?? t("gone")) : t("nobody_yet")}</span>
          {task.created_by ? <span>{t("asked_by", { name: task.created_by.name ?? t("gone") })}</span> : null}
          <RelativeTime at={task.closed_at ?? task.created_at} />
        </div>
        {task.details ? <p className="qw-text qw-text--short">{task.details}</p> : null}
        {task.result ? <p className="qw-text">{t("result_is", { text: task.result })}</p> : null}
        {task.reason ? <p className="qw-text">{t("reason_is", { text: task.reason })}</p> : null}
      </div>
      <div className="qw-row__due">
        {task.due_at ? <Due at={task.due_at} over={over} /> : <span className="q-muted">{t("no_due")}</span>}
      </div>
      <TaskActions task={task} small />
    </li>
  );
}
