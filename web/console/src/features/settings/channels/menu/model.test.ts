import { describe, expect, it } from "vitest";

import {
  beside,
  bytesOf,
  changed,
  faultsOf,
  type Menu,
  placeOf,
  shownName,
  swapped,
  withColumn,
  without,
  withRow,
} from "./model";

const MENU: Menu = {
  columns: [
    { name: "商城", action: { kind: "link", url: "https://shop.example.com/" }, rows: [] },
    {
      name: "服务",
      action: null,
      rows: [
        { name: "转人工", action: { kind: "say", text: "转人工" } },
        { name: "扫一扫", action: { kind: "scan", key: "scan", wait: true } },
      ],
    },
  ],
};
const codes = (menu: Menu) =>
  faultsOf(menu).map((one) => `${one.place.column}.${one.place.row}.${one.field}.${one.code}`);

describe("the menu of an account", () => {
  it("knows what the provider would refuse", () => {
    expect(codes(MENU)).toEqual([]);
    expect(codes(withColumn(MENU))).toEqual(["2.null.name.required", "2.null.action.action"]);
    expect(codes(changed(MENU, { column: 0, row: null }, { name: "会员服务中心" }))).toEqual([
      "0.null.name.long",
    ]);
    expect(
      codes(changed(MENU, { column: 1, row: 0 }, { action: { kind: "say", text: "问".repeat(42) } })),
    ).toEqual(["1.0.text.long"]);
    expect(
      codes(
        changed(
          MENU,
          { column: 0, row: null },
          { action: { kind: "program", appid: " ", pagepath: "p", url: "shop" } },
        ),
      ),
    ).toEqual(["0.null.appid.required", "0.null.url.link"]);
    expect(
      codes(changed(MENU, { column: 1, row: 1 }, { action: { kind: "other", raw: { type: "pic" } } })),
    ).toEqual([]);
  });

  it("counts bytes as the provider does, and cuts names as phones do", () => {
    expect(bytesOf(" 商城 a ")).toBe(8);
    expect(shownName("会员服务中心", { column: 0, row: null })).toBe("会员服务…");
    expect(shownName("Shop now", { column: 0, row: null })).toBe("Shop now");
    expect(shownName("Track my order and more", { column: 0, row: 0 })).toBe("Track my order a…");
  });

  it("moves, adds and takes away", () => {
    expect(beside(MENU, { column: 0, row: null }, -1)).toBeNull();
    expect(beside(MENU, { column: 1, row: 0 }, 1)).toEqual({ column: 1, row: 1 });
    const turned = swapped(MENU, { column: 1, row: 0 }, { column: 1, row: 1 });
    expect(turned.columns[1]!.rows.map((row) => row.name)).toEqual(["扫一扫", "转人工"]);
    expect(swapped(MENU, { column: 0, row: null }, { column: 1, row: null }).columns[0]!.name).toBe("服务");
    expect(withRow(MENU, 0).columns[0]).toMatchObject({ action: null, rows: [{ name: "" }] });
    expect(without(MENU, { column: 1, row: 0 }).columns[1]!.rows).toHaveLength(1);
    expect(without(MENU, { column: 0, row: null }).columns.map((one) => one.name)).toEqual(["服务"]);
  });

  it("finds the button a refusal is about", () => {
    expect(placeOf("columns.1.rows.0.action.link.url")).toEqual({
      place: { column: 1, row: 0 },
      field: "url",
    });
    expect(placeOf("body.columns.2")).toEqual({ place: { column: 2, row: null }, field: "name" });
    expect(placeOf("columns")).toBeNull();
  });
});
