import { expect, test } from "vitest";
import { GUIDES, spoken } from "./guides";

test("every channel's guide is there in both languages", () => {
  const names = Object.keys(GUIDES);
  const of = (locale: string) =>
    names.filter((name) => name.startsWith(`${locale}/`)).map((name) => name.split("/")[1]);
  expect(of("zh-CN")).toContain("channel-line");
  expect(of("zh-CN").sort()).toEqual(of("en").sort());
});

test("links that lead nowhere here become their words", async () => {
  expect(spoken("# LINE\n\nSee [routing](routing.md#a) and [LINE](https://line.me). ![x](a.png)")).toBe(
    "See routing and [LINE](https://line.me). ",
  );
  for (const load of Object.values(GUIDES)) expect(spoken(await load())).not.toMatch(/\]\((?!http)/);
});
