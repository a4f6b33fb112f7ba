import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "setup",
  routes: [{ path: "/setup", component: () => import("./Setup"), layout: "bare" }],
});
