import { expect, it } from "vitest";
import type { T } from "@/app/i18n";
import { authorName } from "@/features/inbox/text";

it("calls whoever said something by their name, and the product in the reader's language", () => {
  const t = ((key: string) => `<${key}>`) as unknown as T;
  expect(authorName({ kind: "user", name: "小雨" }, t)).toBe("小雨");
  expect(authorName({ kind: "bot", name: "小棉" }, t)).toBe("小棉");
  expect(authorName({ kind: "system", name: "system" }, t)).toBe("<inbox:system>");
  expect(authorName({ kind: "customer", name: null }, t)).toBe("<inbox:customer>");
  expect(authorName({ kind: "user", name: null }, t)).toBe("<inbox:somebody>");
});
