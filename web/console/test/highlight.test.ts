import { describe, expect, it } from "vitest";
import { beginning } from "@/ui/Highlight";

const from = (text: string, found: string, lead: number) => {
  const at = [...text.slice(0, text.indexOf(found))].length;
  return [...text].slice(beginning([...text], at < 0 ? [] : [[at, at + [...found].length]], lead)).join("");
};

describe("a line that is cut off", () => {
  it("begins shortly before what was found, in Chinese half as many characters before", () => {
    expect(from("超过 48 小时未发出，也可以选择全额退款", "退款", 8)).toBe("选择全额退款");
    expect(from("You may choose a full refund at any time", "refund", 8)).toBe("a full refund at any time");
  });

  it("cuts no word in two", () => {
    expect(from("You may choose a full refund", "refund", 9)).toBe("a full refund");
    expect(from("internationalisation", "sation", 8)).toBe("sation");
  });

  it("begins at its beginning when that is near, or nothing was found", () => {
    expect(from("全额退款", "退款", 8)).toBe("全额退款");
    expect(beginning([..."abc"], [], 0)).toBe(0);
  });
});
