import { MarkdownManager } from "@tiptap/markdown";
import { describe, expect, it } from "vitest";
import { extensions } from "./extensions";
import { target } from "./links";
import { isMarkdown, onlyPictures } from "./paste";
import { onlySource } from "./source";

const markdown = new MarkdownManager({ extensions: extensions() });
const again = (text: string) => markdown.serialize(markdown.parse(text));

describe("the rich editor keeps Markdown", () => {
  it.each([
    "# 退货\n\n七天内可以**无理由**退货，*运费*由买家承担。",
    "- 一\n- 二\n  - 三",
    "1. 打开订单\n2. 点“退货”",
    "[帮助](https://example.test/a?b=1) 和 ~~旧规则~~",
    "![面单](/api/v1/files/1/a.png?e=1&s=2)",
    "```\nqiao up\n```",
    "> 引用\n>\n> 第二段",
    "> [!NOTE]\n> 周末不发货",
    "> [!WARNING]\n> 第一段\n>\n> - 一\n> - 二",
    "一\n\n---\n\n二",
  ])("%s", (text) => {
    expect(again(text).trim()).toBe(text);
  });

  it("keeps a table with its cells", () => {
    const table = markdown.parse("| 地区 | 运费 |\n| --- | --- |\n| 江浙沪 | 8 元 |\n| 新疆 | 20 元 |");
    const twice = markdown.parse(markdown.serialize(table));
    expect(twice).toEqual(table);
    expect(markdown.serialize(table)).toContain("江浙沪");
  });

  it("reads callouts as such, and what only looks like one as words", () => {
    const kinds = (text: string) => markdown.parse(text).content?.map((node) => node.attrs?.kind);
    expect(kinds("> [!tip] 可以合并下单")).toEqual(["tip"]);
    expect(kinds("> 先看 [!NOTE]")).toEqual([null]);
    expect(kinds("> [!OTHER]\n> x")).toEqual([null]);
  });

  it("leaves HTML to the source", () => {
    expect(onlySource("a <b>c</b>")).toBe(true);
    expect(onlySource("<details>\nx")).toBe(true);
    expect(onlySource("3 < 5 `<b>`\n```\n<div>\n```\n<https://x.test>")).toBe(false);
  });

  it("keeps lines within the cell of a table, and stays the rich editor", () => {
    const text = "| 地区 | 说明 |\n| --- | --- |\n| 新疆 | 第一行<br>第二行 |";
    const table = markdown.parse(text);
    expect(JSON.stringify(table)).toContain("hardBreak");
    expect(markdown.serialize(table)).toContain("第一行<br>第二行");
    expect(onlySource(text)).toBe(false);
    expect(onlySource(`${text}\n\n<div>x</div>`)).toBe(true);
  });
});

describe("what is pasted", () => {
  it.each([
    "# 标题",
    "- 一\n- 二",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "看**这里**",
    "[帮助](https://a.test)",
  ])("%s is Markdown", (text) => expect(isMarkdown(text)).toBe(true));
  it.each(["2*3*4", "第 1 行\n#不是标题", "a - b", "# <b>x</b>", "-5 度"])("%s is words", (text) =>
    expect(isMarkdown(text)).toBe(false),
  );
  it("is a picture only where there are no words beside it", () => {
    expect(onlyPictures("")).toBe(true);
    expect(onlyPictures('<meta charset="utf-8"><img src="https://a.test/b.png">')).toBe(true);
    expect(onlyPictures("<style>td{}</style><table><tr><td>8 元</td></tr></table>")).toBe(false);
  });
});

describe("the target of a link", () => {
  it.each([
    ["example.com/a b", "https://example.com/a%20b"],
    ["https://x.test/a(b)", "https://x.test/a%28b%29"],
    ["help@kapok.example", "mailto:help@kapok.example"],
    ["tel:400-800", "tel:400-800"],
    ["/help/zh-CN", "/help/zh-CN"],
    ["#top", "#top"],
    ["javascript:alert(1)", null],
    ["退货", null],
    ["  ", null],
  ])("%s", (typed, kept) => expect(target(typed)).toBe(kept));
});
