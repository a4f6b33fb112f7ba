import { expect, it } from "vitest";
import { conversationPath } from "@/features/inbox/paths";

it("leaves whoever works through their own conversations among them", () => {
  expect(conversationPath("/inbox/mine/c1", "c2")).toBe("/inbox/mine/c2");
  expect(conversationPath("/console/inbox/mine", "c2")).toBe("/inbox/mine/c2");
  expect(conversationPath("/inbox/mine-not/c1", "c2")).toBe("/inbox/all/c2");
  expect(conversationPath("/inbox/queue/c1", "c2")).toBe("/inbox/all/c2");
  expect(conversationPath("/customers/c1", "c2")).toBe("/inbox/all/c2");
});
