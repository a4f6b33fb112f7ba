import { describe, expect, it } from "vitest";
import { inline, parse, plain, safeHref } from "../src/markdown/parse.ts";

describe("markdown", () => {
  it("reads the parts answers use", () => {
    expect(parse("支持 **7 天**：\n\n1. 一\n2. 二\n\n- a\n- b").map((x) => x.t)).toEqual([
      "p",
      "list",
      "list",
    ]);
    expect(parse("| 档 | 价 |\n|---|---|\n| 一 | 9 |")[0]).toMatchObject({
      t: "table",
      rows: [[[{ text: "一" }], [{ text: "9" }]]],
    });
  });

  it("keeps HTML as the text it is", () => {
    expect(inline("<img src=x onerror=alert(1)>")).toEqual([
      { t: "text", text: "<img src=x onerror=alert(1)>" },
    ]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "//evil.example", "vbscript:x", " javascript:x"])(
    "does not link to %s",
    (href) => {
      expect(safeHref(href)).toBeNull();
      expect(inline(`[看](${href.trim()})`).some((n) => n.t === "link")).toBe(false);
    },
  );

  it("ends an address where the Chinese sentence goes on", () => {
    expect(inline("见https://a.example/x。谢谢")).toEqual([
      { t: "text", text: "见" },
      { t: "link", href: "https://a.example/x", children: [{ t: "text", text: "https://a.example/x" }] },
      { t: "text", text: "。谢谢" },
    ]);
  });

  it("does not take a price for a list, nor a lone star for emphasis", () => {
    expect(parse("3.5 元一件")[0]!.t).toBe("p");
    expect(parse("1. 选原因\n2. 2 小时内审核\n3. 7 天内寄出")[0]).toMatchObject({ ordered: true, start: 1 });
    expect(parse("· 新疆：199 元\n· 澳门：不包邮")[0]).toMatchObject({ t: "list", ordered: false });
    expect(inline("2 * 3 * 4")).toEqual([{ t: "text", text: "2 * 3 * 4" }]);
  });

  it("gives the words alone for a preview", () => {
    expect(plain("**退货**\n1. [登录](https://a.example)\n2. 申请")).toBe("退货 登录 申请");
  });

  it("is quick on hostile input", () => {
    const start = performance.now();
    parse(`${"*".repeat(4000)}a ${"[".repeat(4000)} ${"`".repeat(4000)}`);
    parse("**a ".repeat(2000));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
