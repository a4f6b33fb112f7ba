import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { ConversationView, Id } from "@/api/types";
import { withReplay } from "./log";
import { firstGap, type Messages, mergeMessages, reduceMessages } from "./reducers";

export const MESSAGE_PAGE = 50;
const LARGEST_PAGE = 200;
/** Past this many missing messages the newest page is shown and the rest is history again, loaded by scrolling up. */
const FAR_BEHIND = 600;
/** Frames still on their way close most holes by themselves. */
const PATIENCE_MS = 300;
const AGAIN_MS = 2000;
const TRIES = 5;

export const messagesKey = (id: Id): QueryKey => ["messages", id];
const conversationKey = (id: Id): QueryKey => ["conversation", id];

async function page(
  id: Id,
  query: { after_seq?: number; before_seq?: number; limit: number },
  signal?: AbortSignal,
) {
  return api.get<Messages>(`/conversations/${id}/messages`, query, signal);
}

/** What is held and a newer snapshot of its end: history that was loaded stays loaded as long as nothing is missing between. */
export function joinSnapshot(held: Messages | undefined, latest: Messages): Messages {
  const first = latest.items[0];
  if (!held?.items.length || !first || !latest.has_more) return latest;
  const before = held.items.filter((m) => m.seq < first.seq);
  if (!before.length) return latest;
  if (first.seq - before.at(-1)!.seq > FAR_BEHIND) return latest;
  return { items: mergeMessages(before, latest.items), has_more: held.has_more };
}

/** The end of a transcript, brought up to date by what happened while it was asked for. */
export async function fetchMessages(client: QueryClient, id: Id, signal?: AbortSignal): Promise<Messages> {
  const count = client.getQueryData<Messages>(messagesKey(id))?.items.length ?? 0;
  const limit = Math.min(LARGEST_PAGE, Math.max(MESSAGE_PAGE, count));
  const latest = await withReplay(
    () => page(id, { limit }, signal),
    (data, frame) => reduceMessages(data, frame, id),
  );
  return joinSnapshot(client.getQueryData<Messages>(messagesKey(id)), latest);
}

function merge(client: QueryClient, id: Id, items: Messages["items"]): void {
  client.setQueryData<Messages>(messagesKey(id), (now) => {
    if (!now) return now;
    const merged = mergeMessages(now.items, items);
    return merged === now.items ? now : { ...now, items: merged };
  });
}

/** The page before what is loaded. */
export async function loadOlder(client: QueryClient, id: Id): Promise<void> {
  const data = client.getQueryData<Messages>(messagesKey(id));
  const first = data?.items[0];
  if (!data?.has_more || !first) return;
  const older = await page(id, { before_seq: first.seq, limit: MESSAGE_PAGE });
  client.setQueryData<Messages>(messagesKey(id), (now) =>
    now ? { items: mergeMessages(now.items, older.items), has_more: older.has_more } : now,
  );
}

/**
 * All that lies between what is loaded and a message further back, that one and a little before it included. Messages
 * number 1, 2, 3 … within their conversation: where each page begins is known, and all are asked for at once.
 */
export async function loadBack(client: QueryClient, id: Id, seq: number): Promise<void> {
  const first = client.getQueryData<Messages>(messagesKey(id))?.items[0]?.seq ?? 0;
  const starts: number[] = [];
  for (let start = first; start > Math.max(1, seq - MESSAGE_PAGE); start -= LARGEST_PAGE) starts.push(start);
  const older = await Promise.all(
    starts.map((start) => page(id, { before_seq: start, limit: LARGEST_PAGE })),
  );
  const oldest = older.at(-1);
  if (!oldest) return;
  const items = older.flatMap((one) => one.items);
  client.setQueryData<Messages>(messagesKey(id), (now) =>
    now ? { items: mergeMessages(items, now.items), has_more: oldest.has_more } : now,
  );
}

/** After which message something is missing: between two that are held, or at the end. */
export function missingAfter(messages: Messages, lastSeq: number): number | null {
  const gap = firstGap(messages.items);
  if (gap) return gap.after;
  const last = messages.items.at(-1)?.seq ?? 0;
  return last < lastSeq ? last : null;
}

/**
 * Keeps transcripts on screen whole. Messages number 1, 2, 3 … within their conversation, so what is missing can be
 * seen: a hole between two, or a conversation whose `last_seq` is beyond what is held – after a reconnect, a restart of
 * the server, a lost frame, or an answer that overtook the socket. Whatever changed the cache, holes are noticed here.
 */
export class Mender {
  private pending = new Map<Id, ReturnType<typeof setTimeout>>();
  private working = new Set<Id>();
  private failures = new Map<Id, number>();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly client: QueryClient) {}

  start(): () => void {
    this.unsubscribe = this.client.getQueryCache().subscribe((event) => {
      const [kind, id] = event.query.queryKey;
      if (kind !== "messages" && kind !== "conversation") return;
      if (event.type === "observerAdded" || (event.type === "updated" && event.action.type === "success"))
        this.look(id as Id);
    });
    return () => {
      this.unsubscribe?.();
      for (const timer of this.pending.values()) clearTimeout(timer);
      this.pending.clear();
    };
  }

  /** The line is back: what failed while it was away is tried at once, and the rows on screen say how far they are. */
  reconnected(): void {
    this.failures.clear();
    void this.client.invalidateQueries({ queryKey: ["conversation"], refetchType: "active" });
    for (const query of this.client.getQueryCache().findAll({ queryKey: ["messages"] }))
      this.look(query.queryKey[1] as Id);
  }

  private hole(id: Id): number | null {
    const query = this.client.getQueryCache().find<Messages>({ queryKey: messagesKey(id) });
    if (!query?.state.data || query.state.fetchStatus === "fetching") return null;
    const lastSeq = this.client.getQueryData<ConversationView>(conversationKey(id))?.last_seq ?? 0;
    return missingAfter(query.state.data, lastSeq);
  }

  private look(id: Id, delay = PATIENCE_MS): void {
    if (this.pending.has(id) || this.working.has(id) || this.hole(id) === null) return;
    this.pending.set(
      id,
      setTimeout(() => {
        this.pending.delete(id);
        void this.mend(id);
      }, delay),
    );
  }

  private async mend(id: Id): Promise<void> {
    const after = this.hole(id);
    if (after === null || this.working.has(id)) return;
    const query = this.client.getQueryCache().find({ queryKey: messagesKey(id) });
    if (!query?.getObserversCount()) {
      // Nobody looks at it: it is fetched anew when somebody does.
      this.client.removeQueries({ queryKey: messagesKey(id) });
      return;
    }
    this.working.add(id);
    let progress = false;
    try {
      const lastSeq = this.client.getQueryData<ConversationView>(conversationKey(id))?.last_seq ?? 0;
      if (lastSeq - after > FAR_BEHIND) {
        await this.client.invalidateQueries({ queryKey: messagesKey(id) });
      } else {
        const missing = await page(id, { after_seq: after, limit: LARGEST_PAGE });
        merge(this.client, id, missing.items);
      }
      progress = this.hole(id) !== after;
    } catch {
      // Away or refused: counted below like an answer that did not help.
    } finally {
      this.working.delete(id);
    }
    const failures = progress ? 0 : (this.failures.get(id) ?? 0) + 1;
    if (failures) this.failures.set(id, failures);
    else this.failures.delete(id);
    if (failures < TRIES) this.look(id, progress ? 0 : AGAIN_MS * failures);
  }
}
