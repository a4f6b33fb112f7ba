import { BookOpen, FilePlus2, Upload } from "lucide-react";
import { defineFeature } from "@/app/feature";

export default defineFeature({
  id: "knowledge",
  nav: [
    {
      id: "knowledge",
      labelKey: "nav.title",
      icon: BookOpen,
      path: "/knowledge",
      order: 40,
      permissions: ["knowledge.view"],
      go: "k",
    },
  ],
  routes: [
    {
      path: "/knowledge",
      component: () => import("./Layout"),
      permissions: ["knowledge.view"],
      children: [
        { path: "/", component: () => import("./Index") },
        { path: "/faqs", component: () => import("./faqs/Faqs") },
        { path: "/faqs/$faqId", component: () => import("./faqs/FaqPage") },
        { path: "/articles", component: () => import("./articles/Articles") },
        { path: "/articles/$articleId", component: () => import("./articles/ArticleReader") },
        {
          path: "/articles/$articleId/edit",
          component: () => import("./articles/ArticleEditor"),
          permissions: ["knowledge.edit"],
        },
        { path: "/spaces", component: () => import("./Spaces"), permissions: ["knowledge.manage"] },
        { path: "/synonyms", component: () => import("./Synonyms") },
        { path: "/categories", component: () => import("./Categories"), permissions: ["knowledge.edit"] },
        {
          path: "/statistics",
          component: () => import("./statistics/Statistics"),
          permissions: ["reports.view", "knowledge.edit"],
        },
        {
          path: "/gaps",
          component: () => import("./gaps/Gaps"),
          permissions: ["reports.view", "knowledge.edit"],
        },
        { path: "/import", component: () => import("./importing/Import"), permissions: ["knowledge.edit"] },
      ],
    },
  ],
  commands: [
    {
      id: "knowledge.new-faq",
      titleKey: "command.newFaq",
      icon: FilePlus2,
      permissions: ["knowledge.edit"],
      run: ({ navigate }) => navigate("/knowledge/faqs/new"),
    },
    {
      id: "knowledge.import",
      titleKey: "command.import",
      icon: Upload,
      permissions: ["knowledge.edit"],
      run: ({ navigate }) => navigate("/knowledge/import"),
    },
  ],
});
