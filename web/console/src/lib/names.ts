/** What somebody is called among colleagues. */
export function calledAs(person: { name: string; display_name?: string | null }): string {
  return person.display_name || person.name;
}

// The first character of each initial in pinyin order: a collator that sorts by pinyin finds the initial of any other
// without a dictionary. There are no syllables that begin with i, u or v.
const FIRST = "阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀";
const LETTERS = "abcdefghjklmnopqrstwxyz";
const HAN = /\p{Script=Han}/u;
const pinyin = new Intl.Collator("zh-Hans-u-co-pinyin");

/** `陈小雨` → `cxy`; other letters stay as they are. */
export function initials(text: string): string {
  let found = "";
  for (const character of text.toLowerCase()) {
    if (!HAN.test(character)) {
      found += character;
      continue;
    }
    let at = -1;
    for (const first of FIRST) {
      if (pinyin.compare(character, first) < 0) break;
      at += 1;
    }
    found += LETTERS[at] ?? character;
  }
  return found;
}

/** Whether `word` is part of any of the names, as written or by the initials of their pinyin. */
export function nameMatches(word: string, ...names: (string | null | undefined)[]): boolean {
  const wanted = word.trim().toLowerCase();
  return names.some(
    (name) => name && (name.toLowerCase().includes(wanted) || initials(name).includes(wanted)),
  );
}

/** Who of many is meant by a word, by id: looked up, not searched, so that ten thousand names can be narrowed while typing. */
export function matcherOf<P extends { id: string }>(
  people: readonly P[],
  names: (one: P) => (string | null | undefined)[],
): (word: string, id: unknown) => boolean {
  let known: Map<unknown, string[]> | null = null;
  const written = (one: P) =>
    names(one).flatMap((name) => (name ? [name.toLowerCase(), initials(name)] : []));
  return (word, id) => {
    known ??= new Map(people.map((one) => [one.id, written(one)]));
    const wanted = word.trim().toLowerCase();
    return known.get(id)?.some((name) => name.includes(wanted)) ?? false;
  };
}
