import { describe, expect, it } from "vitest";

import { EMPTY_MAIL, everybodyElse, mailPayload } from "./mail";

describe("the head of a mail", () => {
  it("takes addresses in any list people write", () => {
    expect(mailPayload({ subject: " Hi ", cc: "a@b.example，c@d.example; e@f.example", bcc: "" })).toEqual({
      subject: "Hi",
      cc: ["a@b.example", "c@d.example", "e@f.example"],
    });
    expect(mailPayload({ ...EMPTY_MAIL, cc: "王 芳 <a@b.example>, <c@d.example>" })).toEqual({
      cc: ["a@b.example", "c@d.example"],
    });
    expect(mailPayload(EMPTY_MAIL)).toEqual({});
  });

  it("answers everybody but ourselves and the writer", () => {
    const head = {
      from: { name: "Li", address: "Li@home.example" },
      to: [{ name: "", address: "support@shop.example" }, { address: "wang@home.example" }],
      cc: [
        { address: "wang@home.example" },
        { address: "li@home.example" },
        { address: "boss@home.example" },
      ],
      received_as: "support@shop.example",
    };
    expect(everybodyElse(head)).toEqual(["wang@home.example", "boss@home.example"]);
    expect(everybodyElse(undefined)).toEqual([]);
  });

  it("refuses what is no address", () => {
    expect(mailPayload({ ...EMPTY_MAIL, bcc: "nobody" })).toBeNull();
  });
});
