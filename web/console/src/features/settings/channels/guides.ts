const FILES = import.meta.glob<string>("../../../../../../docs/*/channel-*.md", {
  query: "?raw",
  import: "default",
});

/** The how-to of every channel by language and name (`zh-CN/channel-line`), loaded when somebody reads it. */
export const GUIDES: Record<string, () => Promise<string>> = Object.fromEntries(
  Object.entries(FILES).map(([path, load]) => [
    path.split("/").slice(-2).join("/").replace(/\.md$/, ""),
    load,
  ]),
);

/** A guide without its heading, which stands above it, and without what only leads somewhere in the repository. */
export function spoken(text: string): string {
  return text
    .replace(/^# .*\n+/, "")
    .replace(/!\[[^\]]*\]\([^)]*\)/g, "")
    .replace(/\[([^\]]+)\]\((?!https?:\/\/)[^)]*\)/g, "$1");
}
