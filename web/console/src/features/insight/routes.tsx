import { ChartNoAxesColumn, MonitorPlay } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "insight",
  nav: [
    {
      id: "insight",
      labelKey: "nav.title",
      icon: ChartNoAxesColumn,
      path: "/insight",
      order: 60,
      permissions: ["wallboard.view", "reports.view"],
      go: "d",
    },
  ],
  routes: [
    {
      path: "/insight",
      component: () => import("./Layout"),
      permissions: ["wallboard.view", "reports.view"],
      children: [
        { path: "/", component: () => import("./Index") },
        { path: "/wallboard", component: () => import("./Wallboard"), permissions: ["wallboard.view"] },
        { path: "/agents", component: () => import("./Agents"), permissions: ["wallboard.view"] },
        { path: "/ratings", component: () => import("./Ratings"), permissions: ["reports.view"] },
      ],
    },
  ],
  commands: [
    {
      id: "insight.wallboard",
      titleKey: "nav.wallboard",
      icon: MonitorPlay,
      permissions: ["wallboard.view"],
      run: ({ navigate }) => navigate("/insight/wallboard"),
    },
  ],
});
