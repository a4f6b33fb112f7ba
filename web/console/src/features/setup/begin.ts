import type { Inbox } from "../settings/types";

/** What of a company there is already. */
export interface Facts {
  website: Inbox | null;
  ways: number;
  people: number;
  published: boolean;
  drafts: boolean;
  /** Somebody has written, and somebody was served to the end. */
  asked: boolean;
  served: boolean;
}

export type StepName = "knowledge" | "ask" | "serve" | "team" | "ways";

export interface Step {
  name: StepName;
  done: boolean;
  /** Where it is done; null where it is done right here. */
  path: string | null;
}

/** What comes after the wizard, in the order that lets somebody see it work first. */
export function stepsOf(facts: Facts): Step[] {
  const site = facts.website ? `/settings/inboxes/${facts.website.id}` : "/settings/inboxes/new";
  return [
    {
      name: "knowledge",
      done: facts.published,
      path: facts.drafts ? "/knowledge/faqs" : "/knowledge/import",
    },
    { name: "ask", done: facts.asked, path: site },
    { name: "serve", done: facts.served, path: null },
    { name: "team", done: facts.people > 1, path: "/settings/users" },
    { name: "ways", done: facts.ways > 1, path: "/settings/inboxes/new" },
  ];
}
