import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Tree = { [key: string]: string | Tree };

function keys(tree: Tree, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [prefix + key] : keys(value, `${prefix}${key}.`),
  );
}

function text(tree: Tree, path: string): string {
  const found = path
    .split(".")
    .reduce<string | Tree | undefined>((at, key) => (typeof at === "object" ? at[key] : undefined), tree);
  return typeof found === "string" ? found : "";
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !name.includes(".test.") ? [path] : [];
  });
}

const root = join(import.meta.dirname, "..");
const load = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Tree;

describe.each(["settings", "knowledge", "insight", "setup"])("catalogues of %s", (feature) => {
  const zh = load(join(root, feature, "locales/zh-CN.json"));
  const en = load(join(root, feature, "locales/en.json"));

  // Chinese has one form for every number, English two.
  const form = (key: string) => key.replace(/_(one|other)$/, "");
  const forms = (tree: Tree) => [...new Set(keys(tree).map(form))].sort();
  const english = (key: string) => text(en, key) || text(en, `${key}_other`);

  it("have the same keys", () => expect(forms(zh)).toEqual(forms(en)));

  it("take the same parameters", () => {
    const parameters = (value: string) =>
      [...value.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
    for (const key of keys(zh))
      expect([key, [...new Set(parameters(text(zh, key)))]]).toEqual([
        key,
        [...new Set(parameters(english(key)))],
      ]);
  });

  it("have no Chinese in the English one", () => {
    for (const key of keys(en)) expect([key, /[\u4e00-\u9fff]/.test(text(en, key))]).toEqual([key, false]);
  });

  it("hold every key the screens ask for", () => {
    // Parts of a feature may have catalogues of their own.
    const inside = readdirSync(join(root, feature), { recursive: true }) as string[];
    const parts = inside.filter((path) => /^[^/\\]+[/\\]locales[/\\]zh-CN\.json$/.test(path));
    const own = parts.flatMap((path) => keys(load(join(root, feature, path))));
    const known = new Set([...keys(zh), ...own, ...keys(load(join(root, "../app/locales/zh-CN.json")))]);
    const missing: string[] = [];
    for (const file of sources(join(root, feature)))
      for (const [, key] of readFileSync(file, "utf8").matchAll(/(?<![\w.])t\(\s*"([^"]+)"/g))
        if (key && !known.has(key)) missing.push(`${file.slice(root.length)}: ${key}`);
    expect(missing).toEqual([]);
  });
});
