import { Phone, PhoneCall } from "lucide-react";
import type { Permission } from "@/api/types";
import { defineFeature } from "@/app/feature";
import { useCallbackCounts } from "./api";

const SEES: Permission[] = ["conversations.handle", "conversations.view_all"];

export default defineFeature({
  id: "calls",
  nav: [
    {
      id: "calls",
      labelKey: "nav",
      icon: Phone,
      path: "/calls",
      order: 15,
      permissions: SEES,
      useBadge: useCallbackCounts,
      go: "p",
    },
  ],
  routes: [
    { path: "/calls", component: () => import("./CallsPage"), permissions: SEES },
    { path: "/calls/callbacks", component: () => import("./CallbacksPage"), permissions: SEES },
  ],
  commands: [
    {
      id: "callbacks",
      titleKey: "command.callbacks",
      keywords: "call back phone 回电 电话",
      icon: PhoneCall,
      permissions: SEES,
      run: ({ navigate }) => navigate("/calls/callbacks"),
    },
  ],
  overlay: () => import("./Pops"),
});
