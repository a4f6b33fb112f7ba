import type { Config, Locale, LocalFile } from "../../core/types.ts";
import { bytes } from "../../i18n/format.ts";
import type { AppContext } from "../context.ts";

/** Why this file cannot be sent, as a sentence; null when it can. The server checks again, by content. */
export function check(
  file: File,
  limits: Config["limits"],
  t: AppContext["t"],
  locale: Locale,
): string | null {
  if (file.size === 0) return t("file.empty", { name: file.name });
  if (file.size > limits.file_bytes) {
    return t("file.too_big", {
      name: file.name,
      size: bytes(locale, file.size),
      max: bytes(locale, limits.file_bytes),
    });
  }
  if (limits.types.length && !limits.types.some((type) => fits(file, type))) {
    return t("file.bad_type", { name: file.name, types: readable(limits.types, t, locale) });
  }
  return null;
}

export function fits(file: { name: string; type: string }, type: string): boolean {
  if (type.startsWith(".")) return file.name.toLowerCase().endsWith(type.toLowerCase());
  if (type.endsWith("/*")) return file.type.startsWith(type.slice(0, -1));
  if (file.type === type) return true;
  // Systems name archives and office files as they like, or not at all; their ending is the better word.
  const ending = file.name.split(".").at(-1)?.toLowerCase();
  return ending !== undefined && ENDINGS[type] === ending;
}

function readable(types: string[], t: AppContext["t"], locale: Locale): string {
  const families = new Set(types.map(family));
  const names = FAMILIES.filter((name) => families.has(name)).map((name) => t(`file.${name}`));
  return names.join(locale === "en" ? ", " : "、");
}

const FAMILIES = ["image", "document", "archive", "audio", "video"] as const;

function family(type: string): (typeof FAMILIES)[number] {
  const kind = type.split("/")[0];
  if (kind === "image" || kind === "audio" || kind === "video") return kind;
  return /zip|rar|7z|tar/.test(type) ? "archive" : "document";
}

const ENDINGS: Record<string, string> = {
  "text/csv": "csv",
  "text/plain": "txt",
  "application/pdf": "pdf",
  "application/msword": "doc",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-powerpoint": "ppt",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/zip": "zip",
  "application/vnd.rar": "rar",
  "application/x-7z-compressed": "7z",
};

/** A picture's size, so that its place in the log is right before it is drawn. */
export async function probe(file: File): Promise<LocalFile> {
  const found: LocalFile = {
    name: file.name || "image.png",
    mime: file.type || "application/octet-stream",
    size: file.size,
  };
  if (!file.type.startsWith("image/")) return found;
  try {
    const picture = await createImageBitmap(file);
    found.width = picture.width;
    found.height = picture.height;
    picture.close();
  } catch {
    // Not a picture this browser can read (HEIC); it is sent all the same.
  }
  return found;
}
