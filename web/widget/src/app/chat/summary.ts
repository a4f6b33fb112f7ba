import type { Message } from "../../core/types.ts";
import { plain } from "../../markdown/parse.ts";
import type { AppContext } from "../context.ts";

/** A message in one line, for the home card, the launcher's preview and the page's title. */
export function summary(message: Message, t: AppContext["t"]): string {
  if (message.recalled_at) return t(message.author.kind === "customer" ? "chat.withdrawn" : "chat.recalled");
  switch (message.kind) {
    case "image":
      return t("image.label");
    case "file":
      return `${t("file.label")} ${message.payload.name ?? ""}`;
    case "card":
      return message.body || String(message.payload.title ?? t("card.label"));
    case "choices":
      return message.payload.prompt || message.body || t("choices.label");
    default:
      return plain(message.body);
  }
}
