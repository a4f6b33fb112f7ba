/** What somebody typed as the target of a link, as it is kept: whole, and safe in Markdown. None: it leads nowhere. */
export function target(typed: string): string | null {
  const words = typed.trim();
  if (!words) return null;
  const kept = encoded(words);
  if (/^(https?:\/\/|mailto:|tel:)[^\s]/i.test(words)) return kept;
  if (/^[/#][^\s]*/.test(words)) return kept;
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(words)) return `mailto:${kept}`;
  // A name with a dot in it, as people write addresses: example.com/a, www.例子.中国, localhost is not one.
  if (/^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.[\p{L}]{2,}(:\d+)?([/?#]|$)/u.test(words))
    return `https://${kept}`;
  return null;
}

/** A space or a bracket would end the link in Markdown. */
function encoded(words: string): string {
  return words.replace(/[\s()<>]/g, (sign) =>
    /\s/.test(sign) ? "%20" : `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
