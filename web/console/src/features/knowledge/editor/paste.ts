/** What comes in by the clipboard: Markdown as what it means, tables of office programs as tables, pictures kept here. */
import { onlySource } from "./source";

const MARKS = [
  /^#{1,6} \S/m,
  /^ {0,3}[-*+] \S/m,
  /^ {0,3}\d{1,3}\. \S/m,
  /^> ?\S/m,
  /^```/m,
  /^\|.*\|[ \t]*\n\|[ \t:|-]+\|[ \t]*$/m,
  /(^|\W)\*\*\S[^*\n]*\*\*/m,
  /!?\[[^\]\n]+\]\([^)\s]+\)/,
];

/** Whether plain words are Markdown. With HTML in them they stay words, as the rich editor would lose the tags. */
export function isMarkdown(text: string): boolean {
  return MARKS.some((mark) => mark.test(text)) && !onlySource(text);
}

/** Whether a clipboard's pictures are what was copied. Office programs add a drawing of the cells to the cells. */
export function onlyPictures(html: string): boolean {
  return html.replace(/<(style|script|title)[\s\S]*?<\/\1>|<!--[\s\S]*?-->|<[^>]*>|&nbsp;|\s/gi, "") === "";
}

/** Foreign HTML as the editor can keep it. `lost` is told how many pictures could not be taken over. */
export function tidied(html: string, lost: (pictures: number) => void): string {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const heading of page.querySelectorAll("h5, h6")) {
    const instead = page.createElement("h4");
    instead.append(...heading.childNodes);
    heading.replaceWith(instead);
  }
  let missing = 0;
  for (const image of page.querySelectorAll("img")) {
    const src = image.getAttribute("src") ?? "";
    if (/^data:image\/(png|jpe?g|gif|webp);base64,/i.test(src) || isOurs(src)) continue;
    // One pixel that counts readers is no picture.
    if (image.width > 2 || image.height > 2 || !(image.hasAttribute("width") && image.hasAttribute("height")))
      missing += 1;
    image.remove();
  }
  for (const table of page.querySelectorAll("table")) squared(page, table);
  if (missing) lost(missing);
  return page.body.innerHTML;
}

function isOurs(src: string): boolean {
  try {
    return new URL(src, window.location.href).origin === window.location.origin;
  } catch {
    return false;
  }
}

/** Markdown's tables are squares with a head: merged cells become one with words and empty ones. */
function squared(page: Document, table: HTMLTableElement): void {
  const rows = [...table.rows];
  rows.forEach((row, at) => {
    for (const cell of [...row.cells]) {
      const across = Math.min(cell.colSpan, 50);
      const down = Math.min(cell.rowSpan, rows.length - at);
      const column = cell.cellIndex;
      for (const attribute of ["colspan", "rowspan"]) cell.removeAttribute(attribute);
      for (let more = 1; more < across; more += 1) cell.after(page.createElement(cell.tagName));
      for (let below = 1; below < down; below += 1) {
        const next = rows[at + below]!;
        for (let more = 0; more < across; more += 1)
          next.insertBefore(page.createElement("td"), next.cells[column] ?? null);
      }
    }
  });
  const first = rows[0];
  if (!first || table.querySelector("th")) return;
  for (const cell of [...first.cells]) {
    const head = page.createElement("th");
    head.append(...cell.childNodes);
    cell.replaceWith(head);
  }
}

/** A picture written out in the text, as the file it is. */
export async function fileOf(data: string): Promise<File> {
  const bytes = Uint8Array.from(atob(data.slice(data.indexOf(",") + 1)), (sign) => sign.charCodeAt(0));
  const type = data.slice(5, data.indexOf(";"));
  return new File([bytes], `image.${type.split("/")[1]}`, { type });
}
