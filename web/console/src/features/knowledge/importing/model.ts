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
  duplicate_of: unknown;
}

export type RowState = "ready" | "duplicate" | "error";
export type RowFilter = "all" | RowState;

export function rowState(row: ImportRow): RowState {
  if (row.errors.length > 0) return "error";
  return row.duplicate_of ? "duplicate" : "ready";
}

export interface ImportSummary {
  total: number;
  ready: number;
  duplicate: number;
  error: number;
  variants: number;
  categories: string[];
}

export function summarize(rows: readonly ImportRow[]): ImportSummary {
  const summary: ImportSummary = {
    total: rows.length,
    ready: 0,
    duplicate: 0,
    error: 0,
    variants: 0,
    categories: [],
  };
  const categories = new Set<string>();
  for (const row of rows) {
    summary[rowState(row)] += 1;
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
      (filter === "all" || rowState(row) === filter) &&
      (!needle ||
        [row.question, row.answer, row.category ?? "", ...row.variants].some((text) =>
          text.toLowerCase().includes(needle),
        )),
  );
}

/** How many rows a commit would touch under the chosen treatment of duplicates. */
export function willImport(summary: ImportSummary, duplicates: "skip" | "update"): number {
  return summary.ready + (duplicates === "update" ? summary.duplicate : 0);
}

export const ACCEPTED = [".csv", ".xlsx", ".md", ".markdown"] as const;

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
