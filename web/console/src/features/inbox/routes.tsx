import { MessagesSquare } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "inbox",
  nav: [
    {
      id: "inbox",
      labelKey: "nav",
      icon: MessagesSquare,
      path: "/inbox",
      order: 10,
      permissions: ["conversations.handle", "conversations.view_all"],
      go: "i",
    },
  ],
  routes: [],
});
