/** Markdown with HTML in it: the rich editor would drop the tags, so it is edited as source. */
export function onlySource(markdown: string): boolean {
  return /<\/?[a-z][^>]*>/i.test(markdown.replace(/```[\s\S]*?```|`[^`\n]*`|<https?:[^>]*>/g, ""));
}
