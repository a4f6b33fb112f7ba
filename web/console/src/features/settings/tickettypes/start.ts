/** What a new type begins with: content an admin may change, in both languages, not words of the screen. */
import { blankTransition } from "./model";
import { type Definition, STATUSES, type Status, type Transition, type Words } from "./types";

const STATES: Record<Status, Words> = {
  new: { "zh-CN": "新建", en: "New" },
  open: { "zh-CN": "处理中", en: "In progress" },
  pending: { "zh-CN": "等待客户", en: "Waiting for customer" },
  on_hold: { "zh-CN": "等待其他部门", en: "On hold" },
  solved: { "zh-CN": "已解决", en: "Solved" },
  closed: { "zh-CN": "已关闭", en: "Closed" },
};

const way = (
  key: string,
  label: Words,
  from: Status[],
  to: Status,
  by: Transition["by"] = ["staff"],
): Transition => ({ ...blankTransition(key, label, from, to), by });

/** Every shared status once, the usual ways between them, nothing to fill in. */
export function blank(): Definition {
  return {
    name: {},
    description: {},
    icon: "ticket",
    prefix: "T",
    priority: 1,
    open_to_customers: false,
    fields: [],
    workflow: {
      initial: "new",
      states: STATUSES.map((status) => ({ key: status, label: STATES[status], status })),
      transitions: [
        way("start", { "zh-CN": "开始处理", en: "Start" }, ["new"], "open"),
        way("ask", { "zh-CN": "询问客户", en: "Ask the customer" }, ["new", "open"], "pending"),
        way("hold", { "zh-CN": "等待其他部门", en: "Put on hold" }, ["new", "open"], "on_hold"),
        way("resume", { "zh-CN": "继续处理", en: "Resume" }, ["pending", "on_hold"], "open", [
          "staff",
          "customer",
        ]),
        way("solve", { "zh-CN": "解决", en: "Solve" }, ["new", "open", "pending", "on_hold"], "solved"),
        way("reopen", { "zh-CN": "重新打开", en: "Reopen" }, ["solved"], "open", ["staff", "customer"]),
        way("close", { "zh-CN": "关闭", en: "Close" }, ["solved"], "closed"),
      ],
    },
    routing: { department_id: null, strategy: "nobody", tiers: [] },
    approval: null,
    close_after_hours: 72,
  };
}

/** What a copy of a type is called until somebody gives it a better name. */
export function copyName(name: Words): Words {
  return {
    ...(name["zh-CN"] ? { "zh-CN": `${name["zh-CN"]}（副本）`.slice(-200) } : {}),
    ...(name.en ? { en: `${name.en} (copy)`.slice(-200) } : {}),
  };
}
