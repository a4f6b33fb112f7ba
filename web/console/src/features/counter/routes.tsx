import { Store } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "counter",
  nav: [
    {
      id: "counter",
      labelKey: "nav",
      icon: Store,
      path: "/counter",
      order: 16,
      permissions: ["conversations.handle"],
      go: "x",
    },
  ],
  routes: [
    { path: "/counter", component: () => import("./CounterPage"), permissions: ["conversations.handle"] },
    {
      path: "/counter/day",
      component: () => import("./DayPage"),
      permissions: ["reports.view", "wallboard.view", "inboxes.manage"],
    },
    { path: "/counter/manage", component: () => import("./ManagePage"), permissions: ["inboxes.manage"] },
  ],
});
