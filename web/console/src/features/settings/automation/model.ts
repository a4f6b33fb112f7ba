import { type Fact, type FactKind, unfinished } from "../kit/conditions";
import type { Action, FactView, Reason, RuleBody, Subject, Texts, Trigger } from "./types";

export const STATUSES: Record<"ticket" | "conversation", string[]> = {
  ticket: ["new", "open", "pending", "on_hold", "solved"],
  conversation: ["bot", "queued", "assigned", "snoozed", "resolved"],
};

export const ANCHORS: Record<"ticket" | "conversation", string[]> = {
  ticket: ["created", "customer_message", "staff_reply", "status_change", "due"],
  conversation: ["created", "customer_message", "staff_reply", "status_change"],
};

export function blankRule(): RuleBody {
  return {
    name: "",
    description: "",
    subject: "ticket",
    trigger: { kind: "event", event: "ticket.created" },
    condition: null,
    actions: [],
    stop: false,
    enabled: false,
    active_from: null,
    active_until: null,
  };
}

export function startingTrigger(kind: Trigger["kind"], subject: Subject): Trigger {
  if (kind === "time")
    return {
      kind,
      since: "created",
      minutes: 30,
      before: false,
      clock: "wall",
      calendar_id: null,
      statuses: [],
    };
  if (kind === "schedule")
    return { kind, every: "day", weekdays: [1], day: 1, time: "09:00", timezone: zone() };
  return {
    kind: "event",
    event: subject === "conversation" ? "conversation.queued" : "ticket.created",
    before: [],
    after: [],
    by: [],
    public: null,
    field: null,
  };
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "Asia/Shanghai";
}

const BLANK: Record<string, () => Action> = {
  set_priority: () => ({ do: "set_priority", to: 2, by: 0 }),
  tags: () => ({ do: "tags", add: [], remove: [] }),
  assign: () => ({ do: "assign", to: "department" }),
  move: () => ({ do: "move", status: "open" }),
  comment: () => ({ do: "comment", public: false, text: {} }),
  notify: () => ({
    do: "notify",
    users: [],
    roles: [],
    departments: [],
    assignee: true,
    watchers: false,
    own_department: false,
    text: {},
  }),
  set_field: () => ({ do: "set_field", field: "title", value: "" }),
  set_due: () => ({ do: "set_due", minutes: 60, clock: "wall", calendar_id: null }),
  set_type: () => ({ do: "set_type", type_key: "" }),
  escalate: () => ({ do: "escalate", tier: null, reason: "" }),
  mail: () => ({ do: "mail", to: "customer", address: null, title: {}, text: {} }),
  webhook: () => ({ do: "webhook", url: "https://" }),
  create_ticket: () => ({
    do: "create_ticket",
    type_key: "",
    title: "",
    description: "",
    fields: {},
    tags: [],
    child: false,
  }),
  start_procedure: () => ({ do: "start_procedure", procedure_key: "" }),
  ask_bot: () => ({ do: "ask_bot", reply: false }),
};

export function blankAction(kind: string, subject: Subject): Action {
  const made = BLANK[kind]?.() ?? { do: kind };
  if (subject === "conversation") {
    if (kind === "assign") return { ...made, to: "queue" };
    if (kind === "move") return { ...made, status: "resolved" };
  }
  if (subject === "none" && kind === "notify") return { ...made, assignee: false };
  if (subject === "none" && kind === "mail") return { ...made, to: "address" };
  return made;
}

const KINDS: Record<FactView["kind"], FactKind> = {
  text: "text",
  number: "number",
  yes_no: "yes_no",
  choice: "choice",
  list: "tags",
  moment: "moment",
  id: "choice",
};

/** Facts as the builder of conditions takes them, under the heading of what they are about. */
export function factsFor(views: FactView[], heading: (group: string) => string): Fact[] {
  return views.map((view) => ({
    path: view.path,
    label: view.label,
    // Numbers with names (priority, tier) are chosen by name.
    kind:
      view.kind === "number" && view.options.length > 0
        ? "choice"
        : view.kind === "list" && view.options.length > 0
          ? "choices"
          : KINDS[view.kind],
    group: heading(view.path.startsWith("ticket.fields.") ? "fields" : (view.path.split(".")[0] ?? "")),
    ...(view.options.length > 0 ? { options: view.options } : {}),
  }));
}

export function textMissing(text: unknown): boolean {
  return !Object.values((text ?? {}) as Texts).some((words) => words?.trim());
}

/** What can be seen to be missing before the server is asked; keys of sentences by field. */
export function missing(rule: RuleBody): { field: string; key: string }[] {
  const found: { field: string; key: string }[] = [];
  if (!rule.name.trim()) found.push({ field: "name", key: "need.name" });
  if (rule.actions.length === 0) found.push({ field: "actions", key: "need.actions" });
  if (rule.condition?.kind === "builder" && unfinished(rule.condition.condition))
    found.push({ field: "condition", key: "need.condition" });
  if (rule.condition?.kind === "cel" && !rule.condition.source.trim())
    found.push({ field: "condition", key: "need.expression" });
  return [...found, ...unfilled(rule.actions)];
}

/** What actions cannot do without, as `missing` says it. */
export function unfilled(actions: Action[]): { field: string; key: string }[] {
  const blank = (value: unknown) => !(value as string | undefined)?.trim();
  return actions.flatMap((action, index) => {
    const key =
      "type_key" in action && blank(action.type_key)
        ? "need.type"
        : action.do === "create_ticket" && blank(action.title)
          ? "need.title"
          : "procedure_key" in action && blank(action.procedure_key)
            ? "need.procedure"
            : "text" in action && textMissing(action.text)
              ? "need.text"
              : null;
    return key ? [{ field: `actions.${index}`, key }] : [];
  });
}

/** The body the server takes: an empty builder asks nothing. */
export function sendable(rule: RuleBody): RuleBody {
  const { condition } = rule;
  const asksNothing =
    condition?.kind === "builder" &&
    "conditions" in condition.condition &&
    condition.condition.conditions.length === 0;
  return { ...rule, name: rule.name.trim(), condition: asksNothing ? null : condition };
}

export function moved<T>(items: T[], from: number, to: number): T[] {
  const next = [...items];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(to, 0, one);
  return next;
}

/** Minutes in the largest unit that comes out even. */
export function asUnit(minutes: number): { count: number; unit: "minute" | "hour" | "day" } {
  if (minutes > 0 && minutes % 1440 === 0) return { count: minutes / 1440, unit: "day" };
  if (minutes > 0 && minutes % 60 === 0) return { count: minutes / 60, unit: "hour" };
  return { count: minutes, unit: "minute" };
}

export const UNIT_MINUTES = { minute: 1, hour: 60, day: 1440 } as const;

/** Points of a line through counts, in a box; empty counts lie on the floor. */
export function sparkline(counts: number[], width: number, height: number): string {
  const most = Math.max(1, ...counts);
  const step = counts.length > 1 ? width / (counts.length - 1) : 0;
  return counts
    .map(
      (count, index) =>
        `${(index * step).toFixed(1)},${(height - 1 - (count / most) * (height - 2)).toFixed(1)}`,
    )
    .join(" ");
}

export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "∅";
  if (Array.isArray(value)) return value.length ? value.map(shown).join(", ") : "∅";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What a run's reason comes to: the key of a sentence and what fills it. */
export function reasonWords(
  reason: Reason | null,
  label: (path: string) => string,
): { key: string; params: Record<string, string | number> } | null {
  if (!reason) return null;
  if (reason.limit) return { key: `log.limit.${reason.limit}`, params: { most: reason.most ?? 0 } };
  if (reason.expression !== undefined) {
    const seen = Object.entries((reason.seen ?? {}) as Record<string, unknown>)
      .map(([path, value]) => `${label(path)} = ${shown(value)}`)
      .join("; ");
    return { key: "log.expression", params: { expression: reason.expression, seen: seen || "∅" } };
  }
  if (reason.fact && (reason.op === "filled" || reason.op === "empty"))
    return { key: `log.bare.${reason.op}`, params: { fact: label(reason.fact), seen: shown(reason.seen) } };
  if (reason.fact)
    return {
      key: "log.test",
      params: {
        fact: label(reason.fact),
        op: reason.op ?? "",
        value: shown(reason.value),
        seen: shown(reason.seen),
      },
    };
  return null;
}

/** The blanks before a mark below `column` of a line: wide characters take wide blanks, so that it stands where it points. */
export function blanksBefore(line: string, column: number): string {
  return line
    .slice(0, column - 1)
    .replace(/[^\t]/g, (one) => (/[\u1100-\u115f\u2e80-\uffdc]/.test(one) ? "\u3000" : " "));
}
