/**
 * The part of Markdown that answers use, as a tree of plain data; the view builds nodes from it, so no text of a
 * person or a document is ever read as HTML. Anything else stays the text it is.
 */
export type Inline =
  | { t: "text"; text: string }
  | { t: "strong" | "em"; children: Inline[] }
  | { t: "code"; text: string }
  | { t: "link"; href: string; children: Inline[] }
  | { t: "br" };

export type Block =
  | { t: "p" | "quote" | "heading"; children: Inline[] }
  | { t: "list"; ordered: boolean; start: number; items: Inline[][] }
  | { t: "table"; head: Inline[][]; rows: Inline[][][] }
  | { t: "pre"; text: string };

const BULLET = /^\s{0,6}[-*+•·]\s+(.*)$/;
// "3.5 元" is a price, not the third point of a list; "2. 2 小时内" is the second.
const NUMBER = /^\s{0,6}(\d{1,3})[.)、](?:\s+(?=\S)|(?=[^\s\d]))(.*)$/;
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/;
const QUOTE = /^>\s?(.*)$/;
const FENCE = /^```/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const DIVIDER = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;

export function parse(source: string): Block[] {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    if (!line.trim() || RULE.test(line)) {
      at += 1;
      continue;
    }
    if (FENCE.test(line)) {
      const end = lines.findIndex((l, i) => i > at && FENCE.test(l));
      const stop = end < 0 ? lines.length : end;
      blocks.push({ t: "pre", text: lines.slice(at + 1, stop).join("\n") });
      at = stop + 1;
      continue;
    }
    const heading = HEADING.exec(line);
    if (heading) {
      blocks.push({ t: "heading", children: inline(heading[1]!) });
      at += 1;
      continue;
    }
    if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "")) {
      const head = cells(line);
      const rows: Inline[][][] = [];
      at += 2;
      while (at < lines.length && lines[at]!.includes("|") && lines[at]!.trim())
        rows.push(cells(lines[at++]!));
      blocks.push({ t: "table", head, rows });
      continue;
    }
    const first = item(line);
    if (first) {
      const items: string[] = [];
      while (at < lines.length) {
        const next = item(lines[at]!);
        if (next && next.ordered === first.ordered) items.push(next.text);
        else if (items.length && /^\s{2,}\S/.test(lines[at]!) && !next)
          items[items.length - 1] += `\n${lines[at]!.trim()}`;
        else break;
        at += 1;
      }
      blocks.push({ t: "list", ordered: first.ordered, start: first.start, items: items.map(inline) });
      continue;
    }
    if (QUOTE.test(line)) {
      const quoted: string[] = [];
      for (let m = QUOTE.exec(lines[at] ?? ""); m; m = QUOTE.exec(lines[at] ?? "")) {
        quoted.push(m[1]!);
        at += 1;
      }
      blocks.push({ t: "quote", children: inline(quoted.join("\n")) });
      continue;
    }
    const text: string[] = [];
    while (at < lines.length && lines[at]!.trim() && !startsBlock(lines[at]!, lines[at + 1]))
      text.push(lines[at++]!);
    if (text.length === 0) text.push(lines[at++]!);
    blocks.push({ t: "p", children: inline(text.join("\n")) });
  }
  return blocks;
}

function startsBlock(line: string, next: string | undefined): boolean {
  return (
    item(line) !== null ||
    FENCE.test(line) ||
    HEADING.test(line) ||
    QUOTE.test(line) ||
    RULE.test(line) ||
    (line.includes("|") && DIVIDER.test(next ?? ""))
  );
}

function item(line: string): { ordered: boolean; start: number; text: string } | null {
  const bullet = BULLET.exec(line);
  if (bullet && !RULE.test(line)) return { ordered: false, start: 1, text: bullet[1]! };
  const number = NUMBER.exec(line);
  if (number) return { ordered: true, start: Number(number[1]), text: number[2]! };
  return null;
}

function cells(line: string): Inline[][] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => inline(cell.trim()));
}

// Chinese sentences do not put a space after an address, so an address ends at the first character that no URL has.
const TOKEN =
  /(\*\*|__)(?=\S)([\s\S]*?\S)\1|(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])|`([^`\n]+)`|!?\[([^\]\n]*)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)|(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+)|\n/;

export function inline(source: string): Inline[] {
  const out: Inline[] = [];
  let rest = source;
  while (rest) {
    const m = TOKEN.exec(rest);
    if (!m) {
      out.push({ t: "text", text: rest });
      break;
    }
    if (m.index > 0) out.push({ t: "text", text: rest.slice(0, m.index) });
    let used = m[0].length;
    if (m[2] !== undefined) out.push({ t: "strong", children: inline(m[2]) });
    else if (m[3] !== undefined) out.push({ t: "em", children: inline(m[3]) });
    else if (m[4] !== undefined) out.push({ t: "code", text: m[4] });
    else if (m[6] !== undefined) {
      const href = safeHref(m[6]);
      const label = m[5] ? plain(m[5]) : m[6];
      out.push(
        href ? { t: "link", href, children: [{ t: "text", text: label }] } : { t: "text", text: label },
      );
    } else if (m[7] !== undefined) {
      const url = m[7].replace(/[.,;:!?)\]']+$/, "");
      used = url.length;
      const href = safeHref(url);
      out.push(href ? { t: "link", href, children: [{ t: "text", text: url }] } : { t: "text", text: url });
    } else out.push({ t: "br" });
    rest = rest.slice(m.index + used);
  }
  return out;
}

/** Only addresses that open a page, a mail or a call; never a script. */
export function safeHref(href: string): string | null {
  if (/^(https?:\/\/|mailto:|tel:)/i.test(href)) return href;
  if (/^\/(?!\/)/.test(href)) return href;
  return null;
}

/** The words alone, for previews and screen readers. */
export function plain(source: string): string {
  return parse(source)
    .map((b) => {
      if (b.t === "pre") return b.text;
      if (b.t === "list") return b.items.map(words).join(" ");
      if (b.t === "table") return [b.head, ...b.rows].map((r) => r.map(words).join(" ")).join(" ");
      return words(b.children);
    })
    .join(" ");
}

function words(nodes: Inline[]): string {
  return nodes
    .map((n) => (n.t === "br" ? " " : n.t === "text" || n.t === "code" ? n.text : words(n.children)))
    .join("");
}
