import { Workflow } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "flows",
  nav: [
    {
      id: "flows",
      labelKey: "nav",
      icon: Workflow,
      path: "/flows",
      order: 45,
      permissions: ["flows.manage"],
      go: "f",
    },
  ],
  routes: [
    { path: "/flows", component: () => import("./FlowsPage"), permissions: ["flows.manage"] },
    {
      path: "/flows/tools",
      component: () => import("./ToolsPage"),
      permissions: ["flows.manage", "settings.manage"],
    },
    { path: "/flows/$flowId", component: () => import("./FlowEditor"), permissions: ["flows.manage"] },
  ],
});
