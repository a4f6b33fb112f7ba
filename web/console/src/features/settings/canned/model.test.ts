import { describe, expect, it } from "vitest";

import { cleanShortcut, insertAt, renderPreview, unknownVariables, variablesIn } from "./model";

describe("canned replies", () => {
  const body = "您好 {{customer.name}}，订单 {{ order.number }} 已处理。{{customer.name}}{{nope}}";

  it("finds variables once each, and those nobody knows", () => {
    expect(variablesIn(body)).toEqual(["customer.name", "order.number", "nope"]);
    expect(unknownVariables(body, ["customer.name", "order.number"])).toEqual(["nope"]);
  });

  it("previews with examples and leaves unknown ones visible", () => {
    expect(renderPreview(body, { "customer.name": "李雷", "order.number": "A1" })).toBe(
      "您好 李雷，订单 A1 已处理。李雷{{nope}}",
    );
  });

  it("cleans shortcuts", () => {
    expect(cleanShortcut(" /Refund Policy ")).toBe("refund-policy");
    expect(cleanShortcut("/退货")).toBe("退货");
  });

  it("inserts at the caret", () => {
    expect(insertAt("你好，", 2, 2, "{{x}}")).toEqual({ text: "你好{{x}}，", caret: 7 });
    expect(insertAt("abc", 1, 2, "-")).toEqual({ text: "a-c", caret: 2 });
  });
});
