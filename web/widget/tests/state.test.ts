import { describe, expect, it } from "vitest";
import {
  type Action,
  DRAFT_MS,
  initial,
  nextToSend,
  reduce,
  resumeAfter,
  type State,
  TYPING_MS,
  toRate,
  unread,
} from "../src/core/state.ts";
import { conversation, message, mine, pending, seeded } from "./helpers.ts";

const run = (actions: Action[], from: State = initial): State => actions.reduce(reduce, from);
const seqs = (state: State) => state.messages.map((m) => m.seq);

describe("snapshot and events", () => {
  it("a snapshot followed by events, in any order and any number of times, equals a fresh snapshot", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seeded(seed);
      const total = 3 + Math.floor(random() * 20);
      // Some numbers belong to notes and whispers, which the customer never gets.
      const all = Array.from({ length: total }, (_, i) => i + 1)
        .filter((n) => n === 1 || random() > 0.2)
        .map((n) => (random() > 0.5 ? mine(n, `k${n}`) : message(n)));
      const cut = Math.floor(random() * all.length);
      const events: Action[] = all.slice(cut).flatMap((m) => {
        const once: Action = { type: "message", message: m };
        return random() > 0.7 ? [once, once] : [once];
      });
      for (let i = events.length - 1; i > 0; i -= 1) {
        const j = Math.floor(random() * (i + 1));
        [events[i], events[j]] = [events[j]!, events[i]!];
      }
      let state = run([
        { type: "snapshot", conversation: conversation(), messages: all.slice(0, cut), has_more: false },
        ...events,
      ]);
      // Whoever asks to close the gap gets the truth.
      for (let tries = 0; state.gap && tries < 5; tries += 1) {
        const { conversation_id, after } = state.gap;
        state = reduce(state, {
          type: "page",
          conversation_id,
          after,
          messages: all.filter((m) => m.seq > after),
          has_more: false,
        });
      }
      const fresh = run([{ type: "snapshot", conversation: conversation(), messages: all, has_more: false }]);
      expect(seqs(state), `seed ${seed}`).toEqual(seqs(fresh));
      expect(state.synced, `seed ${seed}`).toEqual(fresh.synced);
      expect(state.gap).toBeNull();
    }
  });

  it("a duplicate changes nothing", () => {
    const once = run([{ type: "message", message: message(1) }]);
    expect(reduce(once, { type: "message", message: message(1) }).messages).toEqual(once.messages);
  });

  it("an older copy never undoes a receipt or a recall", () => {
    const recalled = message(1, { recalled_at: "2026-01-01T00:00:09Z", body: "", delivery: "read" });
    const state = run([
      { type: "message", message: message(1) },
      { type: "changed", message: recalled },
      { type: "message", message: message(1) },
    ]);
    expect(state.messages[0]).toMatchObject({
      recalled_at: "2026-01-01T00:00:09Z",
      body: "",
      delivery: "read",
    });
  });

  it("a snapshot that does not touch what is held replaces it, so no hole hides in the history", () => {
    const state = run([
      { type: "snapshot", conversation: conversation(), messages: [message(1), message(2)], has_more: false },
      {
        type: "snapshot",
        conversation: conversation(),
        messages: [message(90), message(91)],
        has_more: true,
      },
    ]);
    expect(seqs(state)).toEqual([90, 91]);
    expect(state.has_older).toBe(true);
  });

  it("a snapshot that overlaps keeps the older history already loaded", () => {
    const state = run([
      { type: "snapshot", conversation: conversation(), messages: [message(3), message(4)], has_more: true },
      { type: "older", messages: [message(1), message(2)], has_more: false },
      { type: "snapshot", conversation: conversation(), messages: [message(4), message(5)], has_more: true },
    ]);
    expect(seqs(state)).toEqual([1, 2, 3, 4, 5]);
    expect(state.has_older).toBe(false);
  });

  it("orders messages of several conversations by the conversations' age, then by number", () => {
    const state = run([
      { type: "message", message: message(1, { conversation_id: "c2" }) },
      { type: "message", message: message(2, { conversation_id: "c1" }) },
      { type: "message", message: message(1, { conversation_id: "c1" }) },
    ]);
    expect(state.messages.map((m) => m.id)).toEqual(["c1-1", "c1-2", "c2-1"]);
  });
});

describe("gaps", () => {
  const start = run([
    { type: "snapshot", conversation: conversation(), messages: [message(1)], has_more: false },
  ]);

  it("a skipped number asks for everything after the last certain one", () => {
    const state = reduce(start, { type: "message", message: message(4) });
    expect(state.gap).toEqual({ conversation_id: "c1", after: 1 });
    expect(resumeAfter(state)).toBe(1);
  });

  it("the answer settles numbers that are not the customer's to see", () => {
    const state = run(
      [
        { type: "message", message: message(4) },
        {
          type: "page",
          conversation_id: "c1",
          after: 1,
          messages: [message(3), message(4)],
          has_more: false,
        },
      ],
      start,
    );
    expect(state.gap).toBeNull();
    expect(resumeAfter(state)).toBe(4);
  });

  it("a page with more behind it keeps asking from where it ended", () => {
    const state = run(
      [
        { type: "message", message: message(9) },
        { type: "page", conversation_id: "c1", after: 1, messages: [message(2), message(3)], has_more: true },
      ],
      start,
    );
    expect(state.gap).toEqual({ conversation_id: "c1", after: 3 });
  });
});

describe("the outbox", () => {
  it("sends in the order of writing and does not let a refused message hold up the next", () => {
    const state = run([
      { type: "queue", pending: pending("a") },
      { type: "queue", pending: pending("b") },
      { type: "refused", client_id: "a", error: "no" },
    ]);
    expect(nextToSend(state)?.client_id).toBe("b");
    expect(nextToSend(reduce(state, { type: "retry", client_id: "a" }))?.client_id).toBe("a");
  });

  it("whichever of acknowledgement, event and snapshot comes first removes the waiting copy, once", () => {
    const queued = run([{ type: "queue", pending: pending("a") }]);
    const ack: Action = { type: "sent", client_id: "a", message: mine(1, "a"), conversation: conversation() };
    const event: Action = { type: "message", message: mine(1, "a") };
    const snapshot: Action = {
      type: "snapshot",
      conversation: conversation(),
      messages: [mine(1, "a")],
      has_more: false,
    };
    for (const order of [
      [ack, event],
      [event, ack],
      [snapshot, event, ack],
      [event, event, snapshot],
    ]) {
      const state = run(order, queued);
      expect(state.pending).toEqual([]);
      expect(state.messages).toHaveLength(1);
    }
  });

  it("what another tab already sent is not queued or restored again", () => {
    const state = run([
      { type: "message", message: mine(1, "a") },
      { type: "queue", pending: pending("a") },
      { type: "restore", pending: [pending("a"), pending("b", { state: "sending", progress: 0.4 })] },
    ]);
    expect(state.pending.map((p) => [p.client_id, p.state])).toEqual([["b", "waiting"]]);
  });

  it("restores in the order of writing", () => {
    const first = pending("first");
    const second = pending("second");
    const state = run([
      { type: "queue", pending: second },
      { type: "restore", pending: [first] },
    ]);
    expect(state.pending.map((p) => p.client_id)).toEqual(["first", "second"]);
  });
});

describe("conversation, typing and reading", () => {
  it("never goes back to an older conversation or an older version", () => {
    const state = run([
      { type: "conversation", conversation: conversation({ id: "c2", version: 5, status: "assigned" }) },
      { type: "conversation", conversation: conversation({ id: "c1", version: 9 }) },
      { type: "conversation", conversation: conversation({ id: "c2", version: 4, status: "queued" }) },
    ]);
    expect(state.conversation).toMatchObject({ id: "c2", status: "assigned" });
  });

  it("takes a place in the queue only while queued", () => {
    const place: Action = { type: "queue_place", conversation_id: "c1", place: 2, estimate_s: 90 };
    const queued = run([{ type: "conversation", conversation: conversation({ status: "queued" }) }, place]);
    expect(queued.conversation?.queue).toMatchObject({ place: 2, estimate_s: 90 });
    const assigned = run([
      { type: "conversation", conversation: conversation({ status: "assigned" }) },
      place,
    ]);
    expect(assigned.conversation?.queue).toBeNull();
  });

  it("what the bot has checked so far is a hint that the message replaces", () => {
    const draft = run([{ type: "typing", on: true, name: null, now: 1000, draft: "签收后 7 天内" }]);
    expect(draft.typing).toEqual({ name: null, until: 1000 + DRAFT_MS, draft: "签收后 7 天内" });
    expect(draft.messages).toEqual([]);
    expect(reduce(draft, { type: "message", message: message(1) }).typing).toBeNull();
    expect(reduce(draft, { type: "typing", on: false, name: null, now: 2000 }).typing).toBeNull();
  });

  it("an arriving message ends the typing sign; a sign is good for a few seconds", () => {
    const typing = run([{ type: "typing", on: true, name: "李婷", now: 1000 }]);
    expect(typing.typing?.until).toBe(1000 + TYPING_MS);
    expect(reduce(typing, { type: "message", message: message(1) }).typing).toBeNull();
    expect(reduce(typing, { type: "message", message: mine(1, "a") }).typing).not.toBeNull();
  });

  it("counts as unread what others said after the last message seen", () => {
    const state = run([
      {
        type: "snapshot",
        conversation: conversation(),
        messages: [
          message(1),
          mine(2, "a"),
          message(3),
          message(4, { kind: "event" }),
          message(5, { recalled_at: "x" }),
        ],
        has_more: false,
      },
      { type: "read", place: { conversation_id: "c1", seq: 1 } },
    ]);
    expect(unread(state)).toBe(1);
    const back = reduce(state, { type: "read", place: { conversation_id: "c1", seq: 0 } });
    expect(back.read?.seq).toBe(1);
  });
});

describe("rating", () => {
  it("is asked of what is over and of what the customer took part in", () => {
    const with_ = (status: "bot" | "resolved" | "closed", ...messages: ReturnType<typeof message>[]) =>
      toRate(run([{ type: "snapshot", conversation: conversation({ status }), messages, has_more: false }]));
    expect(with_("resolved", mine(1, "a"), message(2))).toBe(true);
    expect(with_("closed", mine(1, "a"))).toBe(true);
    expect(with_("bot", mine(1, "a"))).toBe(false);
    // Words of a ticket were brought here; the customer has said nothing.
    expect(with_("resolved", message(1), mine(2, "b", { conversation_id: "c0" }))).toBe(false);
  });
});
