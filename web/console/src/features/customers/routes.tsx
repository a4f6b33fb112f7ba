import { Users } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "customers",
  nav: [
    {
      id: "customers",
      labelKey: "nav",
      icon: Users,
      path: "/customers",
      order: 20,
      permissions: ["customers.view"],
      go: "c",
    },
  ],
  routes: [
    { path: "/customers", component: () => import("./CustomersPage"), permissions: ["customers.view"] },
    {
      path: "/customers/blocked",
      component: () => import("./linking/BlocksPage"),
      permissions: ["customers.view"],
    },
    {
      path: "/customers/$customerId",
      component: () => import("./CustomerPage"),
      permissions: ["customers.view"],
    },
  ],
});
