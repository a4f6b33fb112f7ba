/** What the bot answered on trial, read leniently: the panel must never break because a field is new. */

export type DecisionKind =
  | "answer"
  | "choices"
  | "unknown"
  | "handoff"
  | "flow"
  | "guard"
  | "greeting"
  | "other";

export interface Hit {
  id: string;
  type: "faq" | "article" | "other";
  title: string;
  matched: string | null;
  score: number | null;
  path: string | null;
}

export interface Decision {
  kind: DecisionKind;
  confidence: number | null;
  text: string | null;
  /** The flow it begins, after `text` if there is any. */
  flow: string | null;
  options: string[];
  hits: Hit[];
}

const KINDS: Record<string, DecisionKind> = {
  answer: "answer",
  answered: "answer",
  choices: "choices",
  clarify: "choices",
  offer: "choices",
  unknown: "unknown",
  dont_know: "unknown",
  none: "unknown",
  miss: "unknown",
  handoff: "handoff",
  flow: "flow",
  guard: "guard",
  greeting: "greeting",
  greet: "greeting",
  thanks: "greeting",
  goodbye: "greeting",
  welcome: "greeting",
  acknowledge: "greeting",
  introduce: "greeting",
  smalltalk: "greeting",
  stay: "greeting",
  ask_again: "unknown",
};

type Loose = Record<string, unknown>;
const object = (value: unknown): Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const string = (...values: unknown[]): string | null =>
  values.find((value): value is string => typeof value === "string" && value !== "") ?? null;
const number = (...values: unknown[]): number | null =>
  values.find((value): value is number => typeof value === "number") ?? null;

function readHit(value: unknown): Hit {
  const hit = object(value);
  const kind = string(hit.kind, hit.type) ?? "";
  const type = kind.startsWith("faq") ? "faq" : kind.startsWith("article") ? "article" : "other";
  // Search ids carry their kind: `faq:<id>`.
  const own = (string(hit.id, hit.document_id, hit.faq_id) ?? "").split(":").at(-1) ?? "";
  return {
    id: own,
    type,
    title: string(hit.title, hit.question, hit.label) ?? own,
    matched: string(hit.matched, hit.excerpt, hit.text, hit.snippet),
    score: number(hit.probability, hit.confidence, hit.score),
    path:
      type === "faq" && own
        ? `/console/knowledge/faqs/${own}`
        : type === "article" && own
          ? `/console/knowledge/articles/${own}`
          : null,
  };
}

export function readDecision(answer: unknown): Decision {
  const outer = object(answer);
  const inner = object(outer.decision);
  const source = Object.keys(inner).length > 0 ? { ...outer, ...inner } : outer;
  const kind = string(source.action, source.kind, source.decision, source.type) ?? "other";
  return {
    kind: KINDS[kind] ?? "other",
    confidence: number(source.probability, source.confidence),
    text: string(source.text, source.answer, source.body, source.reply, source.prompt),
    flow: string(source.flow),
    options: list(source.options ?? source.choices)
      .map((option) =>
        typeof option === "string"
          ? option
          : string(object(option).label, object(option).question, object(option).title),
      )
      .filter((option): option is string => option !== null),
    hits: list(source.hits ?? source.candidates ?? source.sources).map(readHit),
  };
}
