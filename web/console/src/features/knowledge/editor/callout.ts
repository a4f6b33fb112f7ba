/** Callouts: a quotation that begins with [!NOTE], [!TIP] or [!WARNING], as Markdown writes them elsewhere, too. */
import type { JSONContent, MarkdownParseHelpers, MarkdownRendererHelpers, MarkdownToken } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";

export const CALLOUTS = ["note", "tip", "warning"] as const;
export type CalloutKind = (typeof CALLOUTS)[number];

const MARK = /^\[!(note|tip|warning)\][ \t]*\n?/i;

/** Takes the mark off the first line of a quotation. */
export function readMark(token: MarkdownToken): { kind: CalloutKind | null; tokens: MarkdownToken[] } {
  const tokens = token.tokens ?? [];
  const first = tokens[0];
  const words = first?.tokens?.[0];
  const found = first?.type === "paragraph" && words?.type === "text" ? MARK.exec(words.text ?? "") : null;
  if (!found || !first || !words) return { kind: null, tokens };
  const rest = (words.text ?? "").slice(found[0].length);
  const inline = [...(rest ? [{ ...words, text: rest, raw: rest }] : []), ...(first.tokens ?? []).slice(1)];
  // A mark on a line of its own leaves a line break behind.
  while (inline[0]?.type === "br") inline.shift();
  return {
    kind: found[1]!.toLowerCase() as CalloutKind,
    tokens: [...(inline.length ? [{ ...first, tokens: inline }] : []), ...tokens.slice(1)],
  };
}

export const Callout = Blockquote.extend({
  addAttributes() {
    return {
      kind: {
        default: null,
        parseHTML: (element) => element.getAttribute("data-callout"),
        renderHTML: ({ kind }) => (kind ? { "data-callout": kind, class: `callout callout-${kind}` } : {}),
      },
    };
  },
  parseMarkdown: (token: MarkdownToken, helpers: MarkdownParseHelpers) => {
    const { kind, tokens } = readMark(token);
    const parse = helpers.parseBlockChildren ?? helpers.parseChildren;
    const content = parse(tokens);
    return helpers.createNode("blockquote", { kind }, content.length ? content : [{ type: "paragraph" }]);
  },
  renderMarkdown: (node: JSONContent, helpers: MarkdownRendererHelpers) => {
    const blocks = (node.content ?? []).map(
      (child, index) => helpers.renderChild?.(child, index) ?? helpers.renderChildren([child]),
    );
    const kind = node.attrs?.kind as CalloutKind | null;
    const quoted = blocks.map((block) =>
      block
        .split("\n")
        .map((line) => (line.trim() ? `> ${line}` : ">"))
        .join("\n"),
    );
    return [...(kind ? [`> [!${kind.toUpperCase()}]`] : []), quoted.join("\n>\n")].join("\n");
  },
});
