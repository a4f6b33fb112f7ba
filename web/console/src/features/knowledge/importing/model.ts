/** The import preview: what each row will become, and the figures the person decides on. */

export interface RowError {
  field: string;
  message: string;
}

export interface ImportRow {
  row: number;
  question: string;
  variants: string[];
  answer: string;
  category: string | null;
  locale?: string | null;
  errors: RowError[];
  duplicate_of: Twin | null;
  similar_to?: Twin | null;
  /** What may become of the row; empty where there is nothing to decide. */
  choices?: Duplicates[];
  choice?: Duplicates | null;
  kind?: string;
  source?: string | null;
  pictures?: number;
  url?: string | null;
}

/** What a row repeats or resembles. `question` is empty for a text the reader may not see. */
export interface Twin {
  type: "faq" | "article" | "row";
  id: string | null;
  row: number | null;
  question: string;
  how: "exact" | "meaning" | "page" | "similar";
  probability: number;
}

export type RowState = "ready" | "duplicate" | "error";
export type RowFilter = "all" | RowState | "similar";

export function rowState(row: ImportRow): RowState {
  if (row.errors.length > 0) return "error";
  return row.duplicate_of ? "duplicate" : "ready";
}

/** Like something that is there, but not surely the same: imported unless the person decides otherwise. */
export function resembles(row: ImportRow): boolean {
  return row.errors.length === 0 && !row.duplicate_of && Boolean(row.similar_to);
}

export interface ImportSummary {
  total: number;
  ready: number;
  duplicate: number;
  similar: number;
  error: number;
  variants: number;
  categories: string[];
}

export function summarize(rows: readonly ImportRow[]): ImportSummary {
  const summary: ImportSummary = {
    total: rows.length,
    ready: 0,
    duplicate: 0,
    similar: 0,
    error: 0,
    variants: 0,
    categories: [],
  };
  const categories = new Set<string>();
  for (const row of rows) {
    summary[rowState(row)] += 1;
    if (resembles(row)) summary.similar += 1;
    if (rowState(row) !== "error") {
      summary.variants += row.variants.length;
      if (row.category) categories.add(row.category);
    }
  }
  summary.categories = [...categories].sort();
  return summary;
}

export function filterRows(rows: readonly ImportRow[], filter: RowFilter, query: string): ImportRow[] {
  const needle = query.trim().toLowerCase();
  return rows.filter(
    (row) =>
      (filter === "all" || (filter === "similar" ? resembles(row) : rowState(row) === filter)) &&
      (!needle ||
        [row.question, row.answer, row.category ?? "", ...row.variants].some((text) =>
          text.toLowerCase().includes(needle),
        )),
  );
}

/** What becomes of rows that repeat something: left out, folded in as a phrasing, taken as its new text, added anyway. */
export const DUPLICATES = ["skip", "variant", "update", "import"] as const;
export type Duplicates = (typeof DUPLICATES)[number];

/** What becomes of a row: its own choice, else that for all that repeat something; what only resembles is imported. */
export function decided(row: ImportRow, forAll: Duplicates): Duplicates {
  if (row.choice) return row.choice;
  if (!row.duplicate_of) return "import";
  return !row.choices || row.choices.includes(forAll) ? forAll : "skip";
}

/** How many rows a commit would touch under the chosen treatment of duplicates. */
export function willImport(rows: readonly ImportRow[], duplicates: Duplicates): number {
  return rows.filter((row) => row.errors.length === 0 && decided(row, duplicates) !== "skip").length;
}

export const ACCEPTED = [
  ".csv",
  ".xlsx",
  ".json",
  ".jsonl",
  ".md",
  ".markdown",
  ".docx",
  ".pptx",
  ".pdf",
  ".html",
  ".htm",
  ".zip",
] as const;

/** Files that may be cut at their main headings. */
export function cuttable(name: string): boolean {
  return /\.(docx|pptx|pdf|html?|zip)$/i.test(name);
}

export const FIELDS = [
  "question",
  "answer",
  "variants",
  "category",
  "tags",
  "locale",
  "audience",
  "valid_from",
  "valid_until",
  "validity",
] as const;
export type ImportField = (typeof FIELDS)[number];

/** A column of the file and what it is used for. */
export interface ImportColumn {
  index: number;
  name: string;
  field: string | null;
}

export type Mapping = Partial<Record<ImportField, number>>;

export function mappingOf(columns: readonly ImportColumn[]): Mapping {
  const mapping: Mapping = {};
  for (const field of FIELDS) {
    const column = columns.find((one) => one.field === field);
    if (column) mapping[field] = column.index;
  }
  return mapping;
}

/** The mapping as the server reads it: every field is named, so what was recognised but taken away stays away. */
export function mappingField(mapping: Mapping): string {
  return JSON.stringify(Object.fromEntries(FIELDS.map((field) => [field, mapping[field] ?? null])));
}

export function mappingComplete(mapping: Mapping): boolean {
  return (
    mapping.question !== undefined && mapping.answer !== undefined && mapping.question !== mapping.answer
  );
}

/** The columns the server named when it could not tell which is what; null for any other refusal. */
export function columnsRefused(problem: {
  code: string;
  fields: readonly { field: string; message: string }[];
}): ImportColumn[] | null {
  if (problem.code !== "import.columns_missing") return null;
  const columns = problem.fields.flatMap(({ field, message }) => {
    const index = /^columns\.(\d+)$/.exec(field)?.[1];
    return index === undefined ? [] : [{ index: Number(index), name: message, field: null }];
  });
  return columns.length > 0 ? columns : null;
}

export function acceptedFile(name: string): boolean {
  const lower = name.toLowerCase();
  return ACCEPTED.some((ending) => lower.endsWith(ending));
}

/** Pasted or typed phrasings: one a line, bullets and numbering dropped, empty and repeated ones too. */
export function readVariants(text: string): string[] {
  const seen = new Set<string>();
  const result: string[] = [];
  for (const line of text.split(/\r?\n|\u2028/)) {
    const clean = line.replace(/^\s*(?:[-*•·]|\d{1,3}[.、)）])\s*/, "").trim();
    const key = clean.toLowerCase();
    if (clean && !seen.has(key)) {
      seen.add(key);
      result.push(clean);
    }
  }
  return result;
}

/** Adds phrasings to those there, saying how many were new. The question itself is not its own phrasing. */
export function mergeVariants(
  question: string,
  held: readonly string[],
  added: readonly string[],
): { variants: string[]; fresh: number } {
  const seen = new Set([question.trim().toLowerCase(), ...held.map((text) => text.toLowerCase())]);
  const fresh = added.filter((text) => {
    const key = text.trim().toLowerCase();
    if (!key || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return { variants: [...held, ...fresh], fresh: fresh.length };
}

/** The example people download to start from. The byte-order mark makes spreadsheet programs read it as UTF-8. */
export function templateCsv(locale: string): string {
  const rows =
    locale === "en"
      ? [
          ["category", "question", "variants", "answer"],
          [
            "Delivery",
            "How long does delivery take?",
            "When will my parcel arrive?|How many days is shipping?",
            "Orders leave within 24 hours and usually arrive in 2–3 days.",
          ],
          [
            "Returns",
            "Can I return something?",
            "What is your return policy?",
            "Yes, within 7 days of delivery, unused and in its packaging.",
          ],
        ]
      : [
          ["分类", "问题", "相似问法", "答案"],
          ["物流配送", "多久能到货？", "几天能收到|快递要几天", "付款后 24 小时内发货，一般 2–3 天送达。"],
          [
            "退换货",
            "可以退货吗？",
            "怎么退货|退货政策是什么",
            "签收后 7 天内，商品未使用且包装完好可以退货。",
          ],
        ];
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
