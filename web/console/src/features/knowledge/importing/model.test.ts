import { describe, expect, it } from "vitest";

import {
  acceptedFile,
  columnsRefused,
  decided,
  filterRows,
  type ImportRow,
  mappingComplete,
  mappingField,
  mappingOf,
  mergeVariants,
  readVariants,
  rowState,
  summarize,
  type Twin,
  templateCsv,
  willImport,
} from "./model";

const twin: Twin = { type: "faq", id: "1", row: null, question: "退货", how: "exact", probability: 1 };

const row = (over: Partial<ImportRow>): ImportRow => ({
  row: 2,
  question: "怎么退货",
  variants: [],
  answer: "七天内可退。",
  category: "退换货",
  errors: [],
  duplicate_of: null,
  ...over,
});

describe("import preview", () => {
  const rows = [
    row({}),
    row({ row: 3, question: "How to pay?", variants: ["payment"], category: "Payment" }),
    row({ row: 4, duplicate_of: twin }),
    row({
      row: 5,
      answer: "",
      category: "Lost",
      errors: [{ field: "answer", message: "missing" }],
      duplicate_of: twin,
    }),
  ];

  it("puts errors before duplicates", () => {
    expect(rows.map(rowState)).toEqual(["ready", "ready", "duplicate", "error"]);
  });

  it("counts, and leaves categories of broken rows out", () => {
    expect(summarize(rows)).toEqual({
      total: 4,
      ready: 2,
      duplicate: 1,
      similar: 0,
      error: 1,
      variants: 1,
      categories: ["Payment", "退换货"],
    });
  });

  it("says how many rows a commit touches", () => {
    expect(willImport(rows, "skip")).toBe(2);
    for (const choice of ["variant", "update", "import"] as const) expect(willImport(rows, choice)).toBe(3);
  });

  it("lets single rows be decided for themselves, and imports what only resembles something", () => {
    const near: Twin = { ...twin, how: "similar", probability: 0.7 };
    const some = [
      row({ duplicate_of: twin, choices: ["skip", "update", "variant", "import"], choice: "update" }),
      row({ duplicate_of: { ...twin, type: "article" }, choices: ["skip", "import"] }),
      row({ similar_to: near }),
      row({ similar_to: near, choice: "skip" }),
    ];
    expect(some.map((one) => decided(one, "update"))).toEqual(["update", "skip", "import", "skip"]);
    expect(willImport(some, "update")).toBe(2);
    expect(summarize(some)).toMatchObject({ ready: 2, duplicate: 2, similar: 2 });
    expect(filterRows(some, "similar", "")).toHaveLength(2);
  });

  it("filters by state and words together", () => {
    expect(filterRows(rows, "ready", "PAY").map((r) => r.row)).toEqual([3]);
    expect(filterRows(rows, "all", "怎么").map((r) => r.row)).toEqual([2, 4, 5]);
    expect(filterRows(rows, "error", "").map((r) => r.row)).toEqual([5]);
  });

  it("takes only the formats it can read", () => {
    expect(["a.CSV", "b.xlsx", "c.md", "d.zip", "e.pdf", "f.docx", "g.json"].every(acceptedFile)).toBe(true);
    expect(["a.xls", "b.doc", "c.exe", "csv"].some(acceptedFile)).toBe(false);
  });
});

describe("columns", () => {
  it("are read from what the server recognised, and told back whole", () => {
    const mapping = mappingOf([
      { index: 0, name: "Frage", field: null },
      { index: 1, name: "问题", field: "question" },
      { index: 2, name: "", field: "answer" },
    ]);
    expect(mapping).toEqual({ question: 1, answer: 2 });
    expect(mappingComplete(mapping)).toBe(true);
    expect(mappingComplete({ question: 1, answer: 1 })).toBe(false);
    expect(JSON.parse(mappingField(mapping))).toMatchObject({ question: 1, answer: 2, category: null });
  });

  it("are named by a refusal", () => {
    const fields = [
      { field: "file", message: "No columns …" },
      { field: "columns.0", message: "Frage" },
      { field: "columns.1", message: "" },
    ];
    expect(columnsRefused({ code: "import.columns_missing", fields })).toEqual([
      { index: 0, name: "Frage", field: null },
      { index: 1, name: "", field: null },
    ]);
    expect(columnsRefused({ code: "import.empty", fields })).toBeNull();
  });
});

describe("phrasings", () => {
  it("reads pasted lists", () => {
    expect(
      readVariants("1. 怎么退货\n2、如何退款\r\n\n- How to return\n• how to RETURN\n  3天能到吗 "),
    ).toEqual(["怎么退货", "如何退款", "How to return", "3天能到吗"]);
  });

  it("keeps what is there and counts what is new", () => {
    expect(mergeVariants("怎么退货", ["如何退货"], ["怎么退货", "如何退货", "退货流程", "退货流程"])).toEqual(
      {
        variants: ["如何退货", "退货流程"],
        fresh: 1,
      },
    );
  });
});

describe("template", () => {
  it.each(["zh-CN", "en"])("is a table of four columns in %s", (locale) => {
    const text = templateCsv(locale);
    expect(text.startsWith("\ufeff")).toBe(true);
    for (const line of text.trim().split("\r\n"))
      expect(line.replace(/"[^"]*"/g, "q").split(",")).toHaveLength(4);
  });
});
