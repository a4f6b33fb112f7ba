import { describe, expect, it } from "vitest";

import { apiSendSample, embedSnippet, identitySample, LANGUAGES, readOrigins } from "./snippets";

describe("snippets", () => {
  it("embeds by one script tag", () => {
    expect(embedSnippet("https://help.example.com", "k1")).toBe(
      '<script async src="https://help.example.com/widget.js" data-key="k1"></script>',
    );
  });

  it("never prints a secret into a sample", () => {
    for (const language of LANGUAGES) {
      expect(identitySample(language)).toContain("QIAO_IDENTITY_SECRET");
      expect(identitySample(language)).toMatch(/HS256|HMAC256/);
    }
  });

  it("has a body that is JSON once the shell has filled the id in", () => {
    const body = /-d '([\s\S]*)'$/.exec(apiSendSample("http://x", "k"))![1]!.replace(`'"$(uuidgen)"'`, "id");
    expect(JSON.parse(body)).toMatchObject({ client_id: "id", kind: "text" });
  });
});

describe("allowed origins", () => {
  it("puts scheme and path right and drops doubles", () => {
    expect(
      readOrigins("shop.example.com\nhttps://shop.example.com/cart, http://localhost:8080").origins,
    ).toEqual(["https://shop.example.com", "http://localhost:8080"]);
  });
  it("names what is no address", () => {
    expect(readOrigins("ftp://a.example.com not_an_address ok.example.com")).toEqual({
      origins: ["https://ok.example.com"],
      wrong: ["ftp://a.example.com", "not_an_address"],
    });
  });
});
