import { describe, expect, it } from "vitest";

import { EMPTY_MAIL, mailPayload } from "./mail";

describe("the head of a mail", () => {
  it("takes addresses in any list people write", () => {
    expect(mailPayload({ subject: " Hi ", cc: "a@b.example，c@d.example; e@f.example", bcc: "" })).toEqual({
      subject: "Hi",
      cc: ["a@b.example", "c@d.example", "e@f.example"],
    });
    expect(mailPayload(EMPTY_MAIL)).toEqual({});
  });

  it("refuses what is no address", () => {
    expect(mailPayload({ ...EMPTY_MAIL, bcc: "nobody" })).toBeNull();
  });
});
