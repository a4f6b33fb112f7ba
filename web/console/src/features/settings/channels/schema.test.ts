import { describe, expect, it } from "vitest";

import { fieldsOf, grouped, relevant, settingsOf, valuesOf } from "./schema";

const SCHEMA = {
  properties: {
    address: {
      type: "string",
      default: "",
      title: { "zh-CN": "地址", en: "Address" },
      group: "mailbox",
      maxLength: 254,
    },
    aliases: { type: "array", items: { type: "string" }, default: [], title: "Aliases", group: "mailbox" },
    password: {
      anyOf: [{ type: "string", format: "password" }, { type: "null" }],
      default: null,
      title: { "zh-CN": "密码", en: "Password" },
      group: "sign_in",
    },
    security: {
      enum: ["tls", "none"],
      type: "string",
      default: "tls",
      options: { tls: { "zh-CN": "加密", en: "TLS" } },
    },
    port: { anyOf: [{ type: "integer", minimum: 1, maximum: 65535 }, { type: "null" }], default: 993 },
    greeting: { $ref: "#/$defs/Words" },
    rules: { type: "array", items: { type: "object" }, default: [] },
    signature: { type: "string", default: "", multiline: true },
    on: { type: "boolean", default: true },
    text_by: { type: "string", default: "", widget: "inbox:sms", shown_when: { security: ["none"] } },
    approved: { type: "string", default: "", widget: "template" },
  },
  $defs: { Words: { type: "object", properties: { "zh-CN": {}, en: {} }, default: { "zh-CN": "", en: "" } } },
};

describe("fields of a channel's settings", () => {
  const fields = fieldsOf(SCHEMA, ["password"]);
  const by = Object.fromEntries(fields.map((field) => [field.name, field]));

  it("gives every field the control it needs", () => {
    expect(fields.map((field) => [field.name, field.kind])).toEqual([
      ["address", "text"],
      ["aliases", "list"],
      ["password", "secret"],
      ["security", "choice"],
      ["port", "number"],
      ["greeting", "words"],
      ["rules", "json"],
      ["signature", "lines"],
      ["on", "switch"],
      ["text_by", "inbox"],
      ["approved", "template"],
    ]);
    expect(by.text_by?.channel).toBe("sms");
    expect(by.port).toMatchObject({ minimum: 1, maximum: 65535, initial: 993 });
    expect(by.security?.options[0]?.label["zh-CN"]).toBe("加密");
    expect(by.security?.options[1]?.label.en).toBe("none");
    expect(by.address?.title["zh-CN"]).toBe("地址");
  });

  it("keeps the groups in the order they first appear", () => {
    expect(grouped(fields).map((one) => one.group)).toEqual(["mailbox", "sign_in", ""]);
  });

  it("shows what means something with what is chosen", () => {
    const shown = (security: string) => relevant(fields, { security }).map((field) => field.name);
    expect(shown("none")).toContain("text_by");
    expect(shown("tls")).toEqual(shown("none").filter((name) => name !== "text_by"));
  });

  it("sends a secret only when one was typed", () => {
    const values = valuesOf(fields, { address: " a@b.example " });
    expect(values.password).toBeUndefined();
    expect(settingsOf(fields, values).settings).not.toHaveProperty("password");
    expect(settingsOf(fields, { ...values, password: "x" }).settings.password).toBe("x");
    expect(settingsOf(fields, { ...values, password: null }).settings.password).toBeNull();
    expect(settingsOf(fields, values).settings.address).toBe("a@b.example");
  });

  it("names what is not JSON and sends nothing of it", () => {
    const { faults, settings } = settingsOf(fields, { ...valuesOf(fields, {}), rules: "[" });
    expect(faults).toEqual([{ field: "rules", message: "json" }]);
    expect(settings).not.toHaveProperty("rules");
  });
});
