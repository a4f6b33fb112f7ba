import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = join(dirname(fileURLToPath(import.meta.url)), "../src");

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const here = path ? `${path}.${key}` : key;
    if (typeof value === "string") found.set(here, value);
    else for (const [k, v] of leaves(value, here)) found.set(k, v);
  }
  return found;
}

const read = (folder: string, locale: string) =>
  leaves(JSON.parse(readFileSync(join(folder, `${locale}.json`), "utf8")) as Tree);

const folders = [
  join(src, "app/locales"),
  ...(readdirSync(join(src, "features"), { recursive: true }) as string[])
    .filter((path) => /^[^/\\]+([/\\][^/\\]+)?[/\\]locales$/.test(path))
    .map((path) => join(src, "features", path)),
];

const placeholders = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((m) => m[1]!).sort();

describe.each(folders)("%s", (folder) => {
  const zh = read(folder, "zh-CN");
  const en = read(folder, "en");

  it("has the same keys in both languages", () => {
    // A language may need its own plural forms; the stems must agree.
    const stems = (keys: Iterable<string>) =>
      [...new Set([...keys].map((k) => k.replace(/_(one|other)$/, "")))].sort();
    expect(stems(en.keys())).toEqual(stems(zh.keys()));
  });

  it("leaves no English on the Chinese screen and no Chinese on the English one", () => {
    const own = new Set(["简体中文", "palette.language"]);
    for (const [key, text] of en)
      if (!own.has(key) && !own.has(text)) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/);
  });

  it("uses only placeholders the other language knows", () => {
    for (const [key, text] of zh) {
      const other = en.get(key);
      if (!other) continue;
      const allowed = new Set([...placeholders(text), ...placeholders(other)]);
      // `n` and `total` are two ways to count the same things.
      if (allowed.has("n") && allowed.has("total")) continue;
      expect(placeholders(other), key).toEqual(placeholders(text));
    }
  });
});
