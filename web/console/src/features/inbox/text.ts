import type { MessageView } from "@/api/types";
import type { T } from "@/app/i18n";

/** A catalogue text if there is one under the key, else the fallback. */
export function known(t: T, key: string, fallback: string): string {
  const text = t(key);
  return text === key ? fallback : text;
}

/** What to call somebody who has not said their name. */
export function customerName(customer: { name: string; number?: number }, t: T): string {
  return customer.name || t("inbox:visitor", { number: customer.number ?? "" });
}

/** Who said something. What the product says itself has no name but one in the reader's language. */
export function authorName(author: Pick<MessageView["author"], "kind" | "name">, t: T): string {
  if (author.kind === "system") return t("inbox:system");
  if (author.name) return author.name;
  return t(
    author.kind === "bot" ? "inbox:bot" : author.kind === "customer" ? "inbox:customer" : "inbox:somebody",
  );
}

/** The preview of a row: `[image]` and the like are put into the reader's words. */
export function previewText(preview: string | null | undefined, t: T): string {
  if (!preview) return "";
  const kind = preview.match(/^\[([a-z]+)\]$/)?.[1];
  return kind ? known(t, `preview.${kind}`, preview) : preview;
}

/** A reason the server stores as a key, or one that a person wrote. */
export function reasonText(reason: string | null | undefined, t: T): string {
  if (!reason) return "";
  // A code this version does not know says nothing rather than something wrong.
  return known(t, `reason.${reason}`, /^[a-z0-9_.:-]+$/.test(reason) ? "" : reason);
}
