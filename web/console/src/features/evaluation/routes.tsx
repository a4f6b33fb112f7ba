import { FlaskConical } from "lucide-react";
import { defineFeature } from "@/app/feature";

const SEEN = ["evaluation.manage", "evaluation.decide"] as const;

export default defineFeature({
  id: "evaluation",
  nav: [
    {
      id: "evaluation",
      labelKey: "nav.rail",
      icon: FlaskConical,
      path: "/evaluation",
      order: 47,
      permissions: [...SEEN],
      go: "v",
    },
  ],
  routes: [
    {
      path: "/evaluation",
      component: () => import("./Layout"),
      permissions: [...SEEN],
      children: [
        { path: "/", component: () => import("./Sets") },
        { path: "/sets/$setId", component: () => import("./SetPage") },
        { path: "/runs/$runId", component: () => import("./RunPage") },
        { path: "/compare/$before/$after", component: () => import("./ComparePage") },
        { path: "/shadow", component: () => import("./ShadowPage") },
        { path: "/gate", component: () => import("./GatePage") },
      ],
    },
  ],
  overlay: () => import("./AddToSet"),
});
