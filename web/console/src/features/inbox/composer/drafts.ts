import type { ComposerTab } from "../state";

export type Drafts = Partial<Record<ComposerTab, string>>;

const PREFIX = "qiao.draft.";
const INDEX = "qiao.drafts";
const LIMIT = 200;

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Unsent words by conversation and tab. The oldest are forgotten beyond two hundred conversations. */
export class DraftStore {
  constructor(private readonly store: Store) {}

  get(conversationId: string): Drafts {
    try {
      return JSON.parse(this.store.getItem(PREFIX + conversationId) ?? "{}") as Drafts;
    } catch {
      return {};
    }
  }

  set(conversationId: string, tab: ComposerTab, text: string): void {
    const drafts = { ...this.get(conversationId), [tab]: text };
    if (!text) delete drafts[tab];
    const index = this.index().filter((id) => id !== conversationId);
    try {
      if (Object.keys(drafts).length === 0) this.store.removeItem(PREFIX + conversationId);
      else {
        this.store.setItem(PREFIX + conversationId, JSON.stringify(drafts));
        index.push(conversationId);
      }
      for (const old of index.splice(0, Math.max(0, index.length - LIMIT)))
        this.store.removeItem(PREFIX + old);
      this.store.setItem(INDEX, JSON.stringify(index));
    } catch {
      // Storage is full or refused: the words are still in the field.
    }
  }

  private index(): string[] {
    try {
      const list: unknown = JSON.parse(this.store.getItem(INDEX) ?? "[]");
      return Array.isArray(list) ? list.filter((id): id is string => typeof id === "string") : [];
    } catch {
      return [];
    }
  }
}

export const drafts = new DraftStore(
  typeof localStorage === "undefined"
    ? { getItem: () => null, setItem: () => {}, removeItem: () => {} }
    : localStorage,
);
