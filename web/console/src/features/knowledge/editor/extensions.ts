/** What a text of the knowledge base may hold: exactly what Markdown can keep. */
import Image from "@tiptap/extension-image";
import { TableKit } from "@tiptap/extension-table";
import { Placeholder } from "@tiptap/extensions";
import { Markdown } from "@tiptap/markdown";
import StarterKit from "@tiptap/starter-kit";
import { Callout } from "./callout";

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
    Image.configure({ inline: false, allowBase64: false }),
    TableKit.configure({ table: { resizable: false } }),
    Placeholder.configure({ placeholder }),
    Markdown,
  ];
}
