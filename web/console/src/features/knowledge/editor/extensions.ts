/** What a text of the knowledge base may hold: exactly what Markdown can keep. */
import { Extension } from "@tiptap/core";
import Image from "@tiptap/extension-image";
import { TableKit } from "@tiptap/extension-table";
import { Placeholder } from "@tiptap/extensions";
import { Markdown } from "@tiptap/markdown";
import StarterKit from "@tiptap/starter-kit";
import { Callout } from "./callout";

/** `<br>` is a break, as the cells of tables write it. */
const Break = Extension.create({
  name: "writtenBreak",
  markdownTokenizer: {
    name: "br",
    level: "inline",
    start: (text: string) => text.search(/<br *\/?>/i),
    tokenize: (text: string) => {
      const found = /^<br *\/?>/i.exec(text);
      return found ? { type: "br", raw: found[0] } : undefined;
    },
  },
});

export function extensions(placeholder = "") {
  return [
    // Underlining has no Markdown; quotations are callouts without a kind.
    StarterKit.configure({
      blockquote: false,
      underline: false,
      heading: { levels: [1, 2, 3, 4] },
      link: { openOnClick: false, autolink: true },
    }),
    Callout,
    Break,
    // Pasted pictures stand in the text only until they are stored.
    Image.configure({ inline: false, allowBase64: true }),
    TableKit.configure({ table: { resizable: false } }),
    Placeholder.configure({ placeholder }),
    Markdown,
  ];
}
