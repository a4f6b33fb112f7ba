import { Search } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "search",
  routes: [{ path: "/search", component: () => import("./SearchPage") }],
  commands: [
    {
      id: "search",
      titleKey: "open",
      keywords: "find 搜索",
      icon: Search,
      run: ({ navigate }) => navigate("/search"),
    },
  ],
});
