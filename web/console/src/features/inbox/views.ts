import type { ListFilter, Sort, View } from "@/realtime/reducers";

export const TABS: View[] = ["mine", "queue", "mentions", "bot"];
export const MORE: View[] = ["live", "joined", "snoozed", "resolved", "closed", "all"];

/** `queue` or `queue:<id>`, as it stands in the address. */
export function parseView(param: string | undefined): { view: View; queueId: string | null } {
  const [name, id] = (param ?? "mine").split(":");
  const known = [...TABS, ...MORE].includes(name as View) ? (name as View) : "mine";
  return { view: known, queueId: known === "queue" && id ? id : null };
}

/** What people expect first in each view. */
export function defaultSort(view: View): Sort {
  return view === "queue" ? "waiting" : "recent";
}

export interface Choices {
  sort: Sort | null;
  inboxId: string | null;
  tag: string | null;
  assigneeId: string | null;
}

export function filterOf(param: string | undefined, choices: Choices): ListFilter {
  const { view, queueId } = parseView(param);
  return {
    view,
    sort: choices.sort ?? defaultSort(view),
    ...(queueId ? { queue_id: queueId } : {}),
    ...(choices.inboxId ? { inbox_id: choices.inboxId } : {}),
    ...(choices.tag ? { tag: choices.tag } : {}),
    ...(choices.assigneeId ? { assignee_id: choices.assigneeId } : {}),
  };
}
