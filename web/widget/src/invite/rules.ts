/** When a rule may speak on this page. Pure: what is going on comes in, which rule comes out. */

export interface Rule {
  id: string;
  pages: string[];
  not_pages: string[];
  seconds: number;
  visits: number;
  scroll: number;
  leaving: boolean;
  idle_cart: number;
  who: string;
  text: string;
}

export interface Going {
  /** The page's whole address. */
  url: string;
  /** Seconds on this page. */
  seconds: number;
  visits: number;
  /** How far down somebody has been, in percent. */
  scroll: number;
  /** The pointer has just left the page at its top. */
  leaving: boolean;
  /** Seconds nothing was done, and whether something is in the cart. */
  idle: number;
  cart: boolean;
  known: boolean;
}

/** `*` stands for anything; what begins with `/` is about the path, with its query where the pattern has one. */
export function matches(pattern: string, url: string): boolean {
  let subject = url.split("#")[0]!;
  if (!/^(\*|https?:)/.test(pattern)) {
    const at = new URL(url);
    subject = at.pathname + (pattern.includes("?") ? at.search : "");
  } else if (!pattern.includes("?") && !pattern.endsWith("*")) subject = subject.split("?")[0]!;
  // Walked through by hand: no pattern of many stars can make a page hang.
  const parts = pattern.split("*");
  if (parts.length === 1) return subject === pattern;
  if (!subject.startsWith(parts[0]!)) return false;
  let from = parts[0]!.length;
  const last = parts.at(-1)!;
  for (const part of parts.slice(1, -1)) {
    const found = subject.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return subject.length - from >= last.length && subject.endsWith(last);
}

export function fits(rule: Rule, now: Going): boolean {
  if (rule.pages.length && !rule.pages.some((pattern) => matches(pattern, now.url))) return false;
  if (rule.not_pages.some((pattern) => matches(pattern, now.url))) return false;
  if (rule.who !== "anybody" && (rule.who === "known") !== now.known) return false;
  if (now.visits < rule.visits || now.scroll < rule.scroll || now.seconds < rule.seconds) return false;
  if (rule.idle_cart && !(now.cart && now.idle >= rule.idle_cart)) return false;
  return !rule.leaving || now.leaving;
}

/** The first that fits. */
export function choose(rules: Rule[], now: Going): Rule | null {
  return rules.find((rule) => fits(rule, now)) ?? null;
}
