import { useEffect } from "react";
import { useGet } from "@/api/hooks";
import { useCan } from "@/app/session";
import { realtime } from "@/realtime/client";
import { workChanged } from "./cache";
import type { TaskCounts } from "./types";

/** What waits for this person: approvals to decide, and open tasks of theirs or of their department. */
export function useWorkBadge(): number {
  const enabled = useCan("tasks.handle");
  const tasks = useGet<TaskCounts>("/tasks/counts", undefined, { enabled }).data;
  const approvals = useGet<{ waiting: number }>("/approvals/counts", undefined, { enabled }).data;
  useEffect(() => {
    if (!enabled) return;
    const stops = [
      realtime.on("task.changed", workChanged),
      realtime.on("approval.changed", workChanged),
      realtime.on("notification.created", (data) => {
        if (data.kind.startsWith("approval.") || data.kind.startsWith("task.")) workChanged();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [enabled]);
  return (approvals?.waiting ?? 0) + Math.max(tasks?.mine ?? 0, tasks?.department ?? 0);
}
