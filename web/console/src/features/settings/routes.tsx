import { Settings } from "lucide-react";
import { defineFeature } from "@/app/feature";
import { ALL_PERMISSIONS, SECTIONS } from "./Layout";

const needs = (key: string) =>
  SECTIONS.flatMap((s) => s.entries).find((e) => e.key === key)?.permissions ?? [];

export default defineFeature({
  id: "settings",
  nav: [
    {
      id: "settings",
      labelKey: "nav.title",
      icon: Settings,
      path: "/settings",
      order: 100,
      permissions: ALL_PERMISSIONS,
      go: "s",
    },
  ],
  routes: [
    {
      path: "/settings",
      component: () => import("./Layout"),
      permissions: ALL_PERMISSIONS,
      children: [
        { path: "/", component: () => import("./Index") },
        { path: "/users", component: () => import("./team/Users"), permissions: needs("users") },
        { path: "/roles", component: () => import("./roles/Roles"), permissions: needs("roles") },
        {
          path: "/departments",
          component: () => import("./team/Departments"),
          permissions: needs("departments"),
        },
        { path: "/queues", component: () => import("./routing/Queues"), permissions: needs("queues") },
        {
          path: "/queues/$queueId",
          component: () => import("./routing/QueueEditor"),
          permissions: needs("queues"),
        },
        { path: "/skills", component: () => import("./routing/Skills"), permissions: needs("skills") },
        { path: "/hours", component: () => import("./hours/Calendars"), permissions: needs("hours") },
        {
          path: "/hours/$calendarId",
          component: () => import("./hours/CalendarEditor"),
          permissions: needs("hours"),
        },
        { path: "/lists", component: () => import("./routing/Lists"), permissions: needs("lists") },
        { path: "/inboxes", component: () => import("./inboxes/Inboxes"), permissions: needs("inboxes") },
        {
          path: "/inboxes/new",
          component: () => import("./channels/Picker"),
          permissions: needs("inboxes"),
        },
        {
          path: "/inboxes/$inboxId",
          component: () => import("./channels/AnyInbox"),
          permissions: needs("inboxes"),
        },
        { path: "/words", component: () => import("./bot/Words"), permissions: needs("words") },
        { path: "/bot", component: () => import("./bot/BotSettings"), permissions: needs("bot") },
        {
          path: "/certainty",
          component: () => import("./certainty/Certainty"),
          permissions: needs("certainty"),
        },
        {
          path: "/helpcenter",
          component: () => import("./helpcenter/HelpCentre"),
          permissions: needs("helpcenter"),
        },
        { path: "/models", component: () => import("./models/Models"), permissions: needs("models") },
        { path: "/canned", component: () => import("./canned/Canned"), permissions: needs("canned") },
        {
          path: "/ticket-types",
          component: () => import("./tickettypes/TicketTypes"),
          permissions: needs("ticketTypes"),
        },
        {
          path: "/ticket-types/$typeKey",
          component: () => import("./tickettypes/TypeEditor"),
          permissions: needs("ticketTypes"),
        },
        { path: "/sla", component: () => import("./sla/Policies"), permissions: needs("sla") },
        {
          path: "/sla/$policyId",
          component: () => import("./sla/PolicyEditor"),
          permissions: needs("sla"),
          validateSearch: (search) => (typeof search.from === "string" ? { from: search.from } : {}),
        },
        {
          path: "/procedures",
          component: () => import("./procedures/List"),
          permissions: needs("procedures"),
        },
        {
          path: "/procedures/$procedureId",
          component: () => import("./procedures/Editor"),
          permissions: needs("procedures"),
        },
        {
          path: "/automation",
          component: () => import("./automation/Rules"),
          permissions: needs("automation"),
        },
        {
          path: "/automation/log",
          component: () => import("./automation/Log"),
          permissions: needs("automation"),
        },
        {
          path: "/automation/$ruleId",
          component: () => import("./automation/RuleEditor"),
          permissions: needs("automation"),
        },
        { path: "/macros", component: () => import("./automation/Macros"), permissions: needs("macros") },
        {
          path: "/workspace",
          component: () => import("./system/Workspace"),
          permissions: needs("workspace"),
        },
        { path: "/audit", component: () => import("./audit/Audit"), permissions: needs("audit") },
        {
          path: "/operations",
          component: () => import("./system/Operations"),
          permissions: needs("operations"),
        },
      ],
    },
  ],
});
