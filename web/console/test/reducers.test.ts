import { describe, expect, it } from "vitest";
import type { ConversationView, MessageView } from "@/api/types";
import type { Frame } from "@/realtime/frames";
import { FrameLog, withReplay } from "@/realtime/log";
import {
  belongs,
  compare,
  firstGap,
  type ListFilter,
  type Messages,
  mergeMessages,
  type Pages,
  reduceConversation,
  reduceList,
  reduceMessages,
  reduceOffers,
  touchConversation,
} from "@/realtime/reducers";
import { chance, changed, conversation, created, gone, message } from "./builders";

/** A little server: the truth, and the frames it tells of each change. */
class World {
  conversations = new Map<string, ConversationView>();
  messages = new Map<string, MessageView[]>();
  frames: Frame[] = [];

  constructor(private readonly random: () => number) {
    for (let i = 0; i < 12; i++) {
      const c = conversation(`c${i}`, { number: i });
      this.conversations.set(c.id, c);
      this.messages.set(c.id, []);
    }
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  step(): void {
    const c = this.pick([...this.conversations.values()]);
    const next = { ...c, version: c.version + 1 };
    if (this.random() < 0.6) {
      const list = this.messages.get(c.id)!;
      const author = this.pick(["customer", "user", "bot"] as const);
      const m = message(c.id, list.length + 1, {
        author: { kind: author, id: author, name: author, avatar_url: null },
        created_at: new Date(Date.UTC(2026, 4, 4, 9, 0, this.frames.length)).toISOString(),
      });
      list.push(m);
      this.frames.push(created(m));
      Object.assign(next, touchConversation(c, m), { version: c.version + 1 });
    } else {
      next.status = this.pick(["assigned", "queued", "bot", "snoozed", "resolved"] as const);
      next.assignee =
        next.status === "assigned" ? { id: this.pick(["me", "you"]), name: "A", avatar_url: null } : null;
      next.priority = this.pick([0, 1, 2, 3] as const);
      this.frames.push(gone(c.id));
    }
    this.conversations.set(c.id, next);
    this.frames.push(changed(next));
  }

  list(filter: ListFilter): Pages {
    const items = [...this.conversations.values()]
      .filter((c) => belongs(c, filter, "me") === true)
      .sort(compare(filter.sort));
    return { pages: [{ items, next_cursor: null }], pageParams: [null] };
  }

  transcript(id: string): Messages {
    return { items: [...this.messages.get(id)!], has_more: false };
  }
}

const FILTERS: ListFilter[] = [
  { view: "mine", sort: "recent" },
  { view: "queue", sort: "waiting" },
  { view: "live", sort: "priority" },
  { view: "all", sort: "oldest" },
  { view: "resolved", sort: "recent" },
];

const idsOf = (pages: Pages) => pages.pages.flatMap((p) => p.items);

describe("snapshot + events = fresh snapshot", () => {
  for (let seed = 1; seed <= 25; seed++)
    it(`random history ${seed}`, () => {
      const random = chance(seed);
      const world = new World(random);
      for (let i = 0; i < 30; i++) world.step();
      const mark = world.frames.length;
      const lists = FILTERS.map((f) => world.list(f));
      const transcripts = [...world.messages.keys()].map((id) => [id, world.transcript(id)] as const);
      const one = world.conversations.get("c3")!;
      for (let i = 0; i < 60; i++) world.step();
      const frames = world.frames.slice(mark);

      lists.forEach((pages, index) => {
        const filter = FILTERS[index]!;
        const live = frames.reduce((data, frame) => reduceList(data, frame, filter, "me"), pages);
        expect(idsOf(live)).toEqual(idsOf(world.list(filter)));
      });
      for (const [id, snapshot] of transcripts)
        expect(frames.reduce((data, frame) => reduceMessages(data, frame, id), snapshot)).toEqual(
          world.transcript(id),
        );
      expect(frames.reduce(reduceConversation, one)).toEqual(world.conversations.get("c3"));
    });

  it("frames that come twice change nothing", () => {
    const world = new World(chance(7));
    const filter: ListFilter = { view: "all", sort: "recent" };
    const start = world.list(filter);
    for (let i = 0; i < 40; i++) world.step();
    const twice = world.frames
      .filter((f) => f.type !== "conversation.gone")
      .flatMap((frame) => [frame, frame]);
    expect(idsOf(twice.reduce((data, frame) => reduceList(data, frame, filter, "me"), start))).toEqual(
      idsOf(world.list(filter)),
    );
    expect(twice.reduce((data, frame) => reduceMessages(data, frame, "c1"), world.transcript("c1"))).toEqual(
      world.transcript("c1"),
    );
  });

  it("late frames never win over newer state", () => {
    const world = new World(chance(11));
    const start = new Map(world.conversations);
    for (let i = 0; i < 50; i++) world.step();
    const shuffled = [...world.frames].reverse().filter((f) => f.type !== "conversation.gone");
    for (const [id, snapshot] of start) {
      const end = shuffled.reduce(reduceConversation, snapshot);
      const truth = world.conversations.get(id)!;
      expect([end.version, end.status, end.last_seq]).toEqual([truth.version, truth.status, truth.last_seq]);
      expect(
        shuffled.reduce<Messages>((d, f) => reduceMessages(d, f, id), { items: [], has_more: false }).items,
      ).toEqual(world.transcript(id).items);
    }
  });
});

describe("register, snapshot, replay", () => {
  it("applies what happened while the snapshot travelled", async () => {
    const log = new FrameLog();
    log.append(created(message("c1", 1)));
    const result = await withReplay<Messages>(
      async () => {
        log.append(created(message("c1", 3)));
        return { items: [message("c1", 1), message("c1", 2)], has_more: false };
      },
      (data, frame) => reduceMessages(data, frame, "c1"),
      log,
    );
    expect(result.items.map((m) => m.seq)).toEqual([1, 2, 3]);
  });

  it("remembers only the last frames", () => {
    const log = new FrameLog(3);
    for (let i = 1; i <= 10; i++) log.append(created(message("c1", i)));
    expect(log.since(0)).toHaveLength(3);
    expect(log.since(log.position())).toEqual([]);
  });
});

describe("lists", () => {
  const filter: ListFilter = { view: "mine", sort: "recent" };
  const page = (items: ConversationView[], cursor: string | null = null): Pages => ({
    pages: [{ items, next_cursor: cursor }],
    pageParams: [null],
  });
  const when = (second: number) => ({
    preview: "x",
    author_kind: "customer" as const,
    at: new Date(Date.UTC(2026, 4, 4, 9, 0, second)).toISOString(),
  });

  it("does not pull a row of a later page forward when it sorts after what is loaded", () => {
    const data = page([conversation("a", { last_message: when(50) })], "more");
    const late = conversation("z", { last_message: when(10), version: 4 });
    expect(reduceList(data, changed(late), filter, "me")).toBe(data);
  });

  it("puts a new conversation in its place", () => {
    const data = page([
      conversation("a", { last_message: when(50) }),
      conversation("b", { last_message: when(10) }),
    ]);
    const next = reduceList(data, changed(conversation("n", { last_message: when(30) })), filter, "me");
    expect(idsOf(next).map((c) => c.id)).toEqual(["a", "n", "b"]);
  });

  it("removes what was taken away and keeps page borders", () => {
    const data: Pages = {
      pages: [
        { items: [conversation("a"), conversation("b")], next_cursor: "1" },
        { items: [conversation("c")], next_cursor: null },
      ],
      pageParams: [null, "1"],
    };
    const next = reduceList(data, gone("b"), filter, "me");
    expect(next.pages).toHaveLength(2);
    expect(idsOf(next).map((c) => c.id)).toEqual(["a", "c"]);
    expect(reduceList(data, gone("unknown"), filter, "me")).toBe(data);
  });

  it("keeps what this person may do when a frame does not say", () => {
    const current = conversation("a", { may: { reply: true } });
    const next = reduceConversation(current, changed(conversation("a", { version: 2, may: undefined })));
    expect(next.may).toEqual({ reply: true });
    expect(next.version).toBe(2);
  });

  it("counts unread customer messages and forgets them when a colleague answers", () => {
    const c = touchConversation(conversation("a"), message("a", 1));
    expect(c.unread).toBe(1);
    expect(c.waiting_since).not.toBeNull();
    const note = touchConversation(c, message("a", 2, { kind: "note" }));
    expect([note.unread, note.last_message?.preview]).toEqual([1, "message 1"]);
    const answered = touchConversation(
      note,
      message("a", 3, { author: { kind: "user", id: "me", name: "Me", avatar_url: null } }),
    );
    expect([answered.unread, answered.waiting_since]).toEqual([0, null]);
  });
});

describe("messages", () => {
  it("a recall and a later delivery win, their opposites do not", () => {
    const sent = message("a", 1);
    const recalled = message("a", 1, { recalled_at: sent.created_at, body: "" });
    expect(mergeMessages([sent], [recalled])[0]?.body).toBe("");
    expect(mergeMessages([recalled], [sent])[0]?.body).toBe("");
    const read = message("a", 1, { delivery: "read" });
    expect(mergeMessages([read], [sent])[0]?.delivery).toBe("read");
    const failed = message("a", 1, { delivery: "failed" });
    expect(mergeMessages([sent], [failed])[0]?.delivery).toBe("failed");
    expect(mergeMessages([read], [failed])[0]?.delivery).toBe("read");
    expect(mergeMessages([failed], [message("a", 1, { delivery: "sending" })])[0]?.delivery).toBe("sending");
  });

  it("finds the hole a lost frame leaves", () => {
    expect(firstGap([message("a", 1), message("a", 2)])).toBeNull();
    expect(firstGap([message("a", 4), message("a", 5), message("a", 8)])).toEqual({ after: 5 });
  });

  it("leaves unloaded history alone", () => {
    const data: Messages = { items: [message("a", 10)], has_more: true };
    expect(reduceMessages(data, created(message("a", 3)), "a")).toBe(data);
  });
});

describe("offers", () => {
  it("come once and go", () => {
    const offer = { id: "o1", conversation: conversation("a"), expires_at: null, queue: null };
    const frame: Frame = { type: "offer.created", cursor: "", conversation_id: "a", data: { offer } };
    const once = reduceOffers(reduceOffers([], frame), frame);
    expect(once).toHaveLength(1);
    expect(
      reduceOffers(once, {
        type: "offer.ended",
        cursor: "",
        conversation_id: "a",
        data: { offer: { id: "o1" } },
      }),
    ).toEqual([]);
  });
});
