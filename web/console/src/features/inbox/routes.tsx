import { MessagesSquare } from "lucide-react";
import { defineFeature } from "@/app/feature";
import { useInboxBadge } from "./badge";

const SEES: ("conversations.handle" | "conversations.view_all")[] = [
  "conversations.handle",
  "conversations.view_all",
];

export default defineFeature({
  id: "inbox",
  nav: [
    {
      id: "inbox",
      labelKey: "nav",
      icon: MessagesSquare,
      path: "/inbox",
      order: 10,
      permissions: SEES,
      useBadge: useInboxBadge,
      go: "i",
    },
  ],
  routes: [
    { path: "/", component: () => import("./Start") },
    { path: "/inbox", component: () => import("./Start") },
    {
      path: "/inbox/$view",
      component: () => import("./InboxPage"),
      permissions: SEES,
      children: [{ path: "$conversationId", component: () => import("./InboxPage") }],
    },
  ],
  overlay: () => import("./offers/Offers"),
});
