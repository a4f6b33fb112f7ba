/** Markdown with HTML in it: the rich editor would drop the tags, so it is edited as source. A line break within the
 * cell of a table has no other way to be written, and is known. */
export function onlySource(markdown: string): boolean {
  return /<\/?[a-z][^>]*>/i.test(markdown.replace(/```[\s\S]*?```|`[^`\n]*`|<https?:[^>]*>|<br *\/?>/gi, ""));
}
