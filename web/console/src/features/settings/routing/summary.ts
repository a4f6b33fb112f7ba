/** A queue in plain words: the facts to tell, in the order things happen. Pure; the screen turns keys into sentences. */
import type { OverflowCause, Queue } from "../types";

export interface Fact {
  key: string;
  params: Record<string, string | number>;
}

export interface Names {
  queue: (id: string) => string;
  skill: (id: string) => string;
  calendar: (id: string) => string;
  causes: (on: OverflowCause[], afterS: number | null) => string;
  comma: string;
}

export type QueueShape = Pick<
  Queue,
  | "priority"
  | "strategy"
  | "required_skills"
  | "calendar_id"
  | "accept_timeout_s"
  | "sticky"
  | "max_waiting"
  | "overflow"
  | "active"
>;

export function summarize(queue: QueueShape, members: number, names: Names): Fact[] {
  if (!queue.active) return [{ key: "inactive", params: {} }];
  const facts: Fact[] = [];
  const skills = queue.required_skills
    .map((item) =>
      item.level > 1 ? `${names.skill(item.skill_id)} ≥ ${item.level}` : names.skill(item.skill_id),
    )
    .join(names.comma);
  if (members === 0) facts.push({ key: "nobody", params: {} });
  else
    facts.push(
      skills
        ? { key: "whoSkilled", params: { count: members, skills } }
        : { key: "who", params: { count: members } },
    );
  facts.push({ key: queue.sticky ? `sticky_${queue.strategy}` : queue.strategy, params: {} });
  facts.push(
    queue.accept_timeout_s === null
      ? { key: "auto", params: {} }
      : { key: "offer", params: { seconds: queue.accept_timeout_s } },
  );
  if (queue.priority > 0) facts.push({ key: "priority", params: { priority: queue.priority } });
  facts.push(
    queue.calendar_id
      ? { key: "hours", params: { calendar: names.calendar(queue.calendar_id) } }
      : { key: "always", params: {} },
  );
  if (queue.max_waiting !== null) facts.push({ key: "cap", params: { count: queue.max_waiting } });
  const overflow = queue.overflow;
  if (overflow && overflow.on.length > 0) {
    const causes = names.causes(overflow.on, overflow.after_s);
    if (overflow.action === "queue")
      facts.push({
        key: "overflowQueue",
        params: { causes, queue: overflow.queue_id ? names.queue(overflow.queue_id) : "?" },
      });
    else
      facts.push({ key: overflow.action === "bot" ? "overflowBot" : "overflowMessage", params: { causes } });
  } else facts.push({ key: "overflowNone", params: {} });
  return facts;
}

/** What a queue cannot be: said beside the field it concerns. */
export function checkQueue(
  queue: QueueShape & { name: string },
  ownId: string | null,
): { field: string; key: string }[] {
  const faults: { field: string; key: string }[] = [];
  if (!queue.name.trim()) faults.push({ field: "name", key: "kit.required" });
  const overflow = queue.overflow;
  if (overflow?.action === "queue") {
    if (!overflow.queue_id) faults.push({ field: "overflow.queue_id", key: "queues.fault.overflowTarget" });
    else if (overflow.queue_id === ownId)
      faults.push({ field: "overflow.queue_id", key: "queues.fault.overflowSelf" });
  }
  if (overflow && overflow.on.length === 0)
    faults.push({ field: "overflow.on", key: "queues.fault.overflowCause" });
  if (overflow?.on.includes("timeout") && !overflow.after_s)
    faults.push({ field: "overflow.after_s", key: "queues.fault.overflowAfter" });
  if (overflow?.on.includes("cap") && queue.max_waiting === null)
    faults.push({ field: "max_waiting", key: "queues.fault.cap" });
  if (new Set(queue.required_skills.map((item) => item.skill_id)).size !== queue.required_skills.length)
    faults.push({ field: "required_skills", key: "queues.fault.skillTwice" });
  return faults;
}
