import { ClipboardCheck, ClipboardList, Stamp, Ticket, TicketPlus } from "lucide-react";
import type { Permission } from "@/api/types";
import { defineFeature } from "@/app/feature";
import { useTicketsBadge } from "./api";
import { startTicket } from "./create/state";
import { useWorkBadge } from "./teamwork/badge";

const SEES: Permission[] = ["tickets.handle", "tickets.view_all"];
const WORKS: Permission[] = ["tickets.handle", "tickets.view_all", "tasks.handle"];

export default defineFeature({
  id: "tickets",
  nav: [
    {
      id: "tickets",
      labelKey: "nav",
      icon: Ticket,
      path: "/tickets",
      order: 12,
      permissions: SEES,
      useBadge: useTicketsBadge,
      go: "t",
    },
    {
      id: "tasks",
      labelKey: "nav_tasks",
      icon: ClipboardList,
      path: "/tasks",
      also: ["/approvals", "/tickets"],
      order: 14,
      permissions: ["tasks.handle"],
      useBadge: useWorkBadge,
      go: "w",
    },
  ],
  routes: [
    { path: "/tickets", component: () => import("./lists/ListsPage"), permissions: SEES },
    { path: "/tickets/$number", component: () => import("./page/TicketPage"), permissions: WORKS },
    { path: "/tasks", component: () => import("./teamwork/TasksPage"), permissions: ["tasks.handle"] },
    // Who approves need not work with tickets: what waits for them is all they are shown.
    { path: "/approvals", component: () => import("./teamwork/ApprovalsPage") },
  ],
  commands: [
    {
      id: "new-ticket",
      titleKey: "command.new",
      keywords: "ticket create new 工单 新建",
      icon: TicketPlus,
      permissions: ["tickets.handle"],
      run: () => startTicket({}),
    },
    {
      id: "tasks",
      titleKey: "command.tasks",
      keywords: "tasks 任务 协办",
      icon: ClipboardCheck,
      permissions: ["tasks.handle"],
      run: ({ navigate }) => navigate("/tasks"),
    },
    {
      id: "approvals",
      titleKey: "command.approvals",
      keywords: "approvals 审批",
      icon: Stamp,
      run: ({ navigate }) => navigate("/approvals"),
    },
  ],
  overlay: () => import("./create/Overlay"),
});
