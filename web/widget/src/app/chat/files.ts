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
  return file.type === type;
}

function readable(types: string[], t: AppContext["t"], locale: Locale): string {
  const names = new Set<string>();
  for (const type of types) {
    if (type.startsWith("image/")) names.add(t("file.types_images"));
    else names.add((EXTENSIONS[type] ?? type.replace(/^.*[./]/, "")).toUpperCase());
  }
  return [...names].join(locale === "en" ? ", " : "、");
}

const EXTENSIONS: Record<string, string> = {
  "text/plain": "txt",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "audio/mpeg": "mp3",
  "video/quicktime": "mov",
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
