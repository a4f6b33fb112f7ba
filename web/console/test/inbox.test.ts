import { describe, expect, it } from "vitest";
import { matchesStep, resolvePress } from "@/app/shortcuts";
import { snoozeChoices } from "@/features/inbox/actions/snoozeTimes";
import { DraftStore } from "@/features/inbox/composer/drafts";
import { gapsIn, rememberGaps } from "@/features/inbox/composer/gaps";
import { replaceTrigger, triggerAt } from "@/features/inbox/composer/trigger";
import { buildTimeline } from "@/features/inbox/conversation/timeline";
import { stableOrder } from "@/features/inbox/list/stableOrder";
import { filterOf, parseView } from "@/features/inbox/views";
import { backoff } from "@/realtime/client";
import { coalesce } from "@/realtime/live";
import { applySignal, expireTypists, hasWritten } from "@/realtime/signals";
import { changed, conversation, created, gone, message } from "./builders";

class Memory {
  data = new Map<string, string>();
  full = false;
  getItem = (key: string) => this.data.get(key) ?? null;
  setItem = (key: string, value: string) => {
    if (this.full) throw new Error("quota");
    this.data.set(key, value);
  };
  removeItem = (key: string) => void this.data.delete(key);
}

describe("gaps of a canned reply", () => {
  it("are found in the order of the text until they are filled, and only those that a reply came with", () => {
    expect(gapsIn("订单【订单号】")).toEqual([]);
    rememberGaps([{ text: "【金额】" }, { text: "【订单号】" }]);
    const text = "订单【订单号】已取消，【金额】原路退回，【订单号】作废。";
    expect(gapsIn(text)).toEqual([
      { text: "【订单号】", from: 2 },
      { text: "【金额】", from: 11 },
    ]);
    expect(gapsIn("订单 1 已取消，2 元原路退回。")).toEqual([]);
  });
});

describe("drafts", () => {
  it("are kept by conversation and tab, and go when emptied", () => {
    const memory = new Memory();
    const store = new DraftStore(memory);
    store.set("a", "reply", "你好");
    store.set("a", "note", "note");
    store.set("b", "reply", "hi");
    expect(store.get("a")).toEqual({ reply: "你好", note: "note" });
    store.set("a", "reply", "");
    expect(store.get("a")).toEqual({ note: "note" });
    store.set("a", "note", "");
    expect(memory.getItem("qiao.draft.a")).toBeNull();
    expect(store.get("b")).toEqual({ reply: "hi" });
  });

  it("forget the oldest beyond two hundred and survive broken or full storage", () => {
    const memory = new Memory();
    const store = new DraftStore(memory);
    for (let i = 0; i < 205; i++) store.set(`c${i}`, "reply", "x");
    expect(store.get("c0")).toEqual({});
    expect(store.get("c204")).toEqual({ reply: "x" });
    memory.data.set("qiao.draft.c204", "{broken");
    expect(store.get("c204")).toEqual({});
    memory.full = true;
    expect(() => store.set("z", "reply", "x")).not.toThrow();
  });
});

describe("composer triggers", () => {
  const at = (text: string) => triggerAt(text, text.length);
  it("open where they should", () => {
    expect(at("/hi")).toEqual({ char: "/", query: "hi", from: 0 });
    expect(at("你好 /问候")).toEqual({ char: "/", query: "问候", from: 3 });
    expect(at("请看#退货")).toEqual({ char: "#", query: "退货", from: 2 });
    expect(at("麻烦@李")).toEqual({ char: "@", query: "李", from: 2 });
  });
  it("stay shut in paths, dates, addresses and mail", () => {
    for (const text of ["2026/05", "a@b", "https://x", "C#", "/hi there", "1/2"]) expect(at(text)).toBeNull();
  });
  it("are replaced by what was picked, in the middle too", () => {
    const text = "请看 #退 谢谢";
    const trigger = triggerAt(text, 5)!;
    expect(replaceTrigger(text, 5, trigger, "退货政策")).toEqual({ text: "请看 退货政策 谢谢", caret: 7 });
  });
});

describe("shortcuts", () => {
  const press = (key: string, patch = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...patch,
  });
  it("tell modifiers apart, ignoring shift for signs", () => {
    expect(matchesStep("mod+k", press("k", { ctrlKey: true }))).toBe(true);
    expect(matchesStep("mod+k", press("k", { metaKey: true }))).toBe(true);
    expect(matchesStep("k", press("k", { ctrlKey: true }))).toBe(false);
    expect(matchesStep("?", press("?", { shiftKey: true }))).toBe(true);
    expect(matchesStep("a", press("A", { shiftKey: true }))).toBe(false);
    expect(matchesStep("shift+a", press("A", { shiftKey: true }))).toBe(true);
  });
  it("wait for the second key of a sequence, and let the latest registration win", () => {
    const list = [{ keys: "g i" }, { keys: "i" }, { keys: "e", old: true }, { keys: "e" }];
    expect(resolvePress(list, [], press("g"))).toEqual({ match: null, pending: true });
    expect(resolvePress(list, [press("g")], press("i")).match).toBe(list[0]);
    expect(resolvePress(list, [press("g")], press("x"))).toEqual({ match: null, pending: false });
    expect(resolvePress(list, [], press("e")).match).toBe(list[3]);
  });
});

describe("the list while somebody reads it", () => {
  const items = (...ids: string[]) => ids.map((id) => ({ id }));
  it("moves nothing and counts newcomers", () => {
    const result = stableOrder(["a", "b", "c"], items("n", "c", "a", "m", "b"), true);
    expect(result.rows.map((r) => r.id)).toEqual(["a", "b", "c"]);
    expect(result.fresh).toBe(2);
  });
  it("appends the next page and drops what is gone", () => {
    const result = stableOrder(["a", "b"], items("b", "x", "y"), true);
    expect(result.rows.map((r) => r.id)).toEqual(["b", "x", "y"]);
    expect(result.fresh).toBe(0);
  });
  it("follows the order again afterwards", () => {
    expect(stableOrder(["a", "b"], items("n", "b", "a"), false).rows.map((r) => r.id)).toEqual([
      "n",
      "b",
      "a",
    ]);
  });
});

describe("timeline", () => {
  const day = (d: number, minute: number) => new Date(2026, 4, d, 10, minute).toISOString();
  it("groups runs of an author, breaks at days, events and the unread line", () => {
    const rows = buildTimeline(
      [
        message("a", 1, { created_at: day(1, 0) }),
        message("a", 2, { created_at: day(1, 1) }),
        message("a", 3, { created_at: day(2, 0), kind: "event", payload: { type: "handoff" } }),
        message("a", 4, { created_at: day(2, 1) }),
        message("a", 5, { created_at: day(2, 2) }),
      ],
      4,
    );
    expect(
      rows.map((r) =>
        r.type === "message" ? `${r.message.seq}${r.first ? "f" : ""}${r.last ? "l" : ""}` : r.type,
      ),
    ).toEqual(["day", "1f", "2l", "day", "handoff", "4f", "unread", "5fl"]);
  });
});

describe("realtime details", () => {
  it("a conversation that only moved is not gone", () => {
    const frames = [
      gone("a"),
      changed(conversation("a", { version: 2 })),
      created(message("b", 1)),
      gone("c"),
    ];
    expect(coalesce(frames).map((f) => f.type)).toEqual([
      "conversation.changed",
      "message.created",
      "conversation.gone",
    ]);
  });
  it("backs off further each time, never in step", () => {
    expect(backoff(0, () => 0)).toBe(250);
    expect(backoff(3, () => 1)).toBe(4000);
    expect(backoff(30, () => 1)).toBe(20_000);
  });
  it("typing is shown until it is not repeated; my own is not", () => {
    const empty = { customerTyping: {}, staffTyping: {}, viewers: {} };
    const signal = (data: Record<string, unknown>) =>
      ({ op: "signal", type: "typing", conversation_id: "c", data }) as const;
    const on = applySignal(empty, signal({ user: { id: "u2", name: "Li" }, on: true }), "me", 0)!;
    expect(Object.keys(on.staffTyping!.c!)).toEqual(["u2"]);
    expect(applySignal(empty, signal({ user: { id: "me", name: "Me" }, on: true }), "me", 0)).toBeNull();
    const customer = applySignal(
      empty,
      signal({ customer: { name: "Wang" }, on: true, preview: "pls" }),
      "me",
      0,
    )!;
    expect(customer.customerTyping!.c!.preview).toBe("pls");
    expect(hasWritten({ ...empty, ...customer }, "c")).toEqual({ customerTyping: {} });
    expect(hasWritten(empty, "c")).toBeNull();
    expect(expireTypists({ ...empty, ...on }, 60_000)?.staffTyping).toEqual({});
    expect(expireTypists({ ...empty, ...on }, 10)).toBeNull();
  });
});

describe("views and snoozing", () => {
  it("reads the view out of the address", () => {
    expect(parseView("queue:42")).toEqual({ view: "queue", queueId: "42" });
    expect(parseView("nonsense")).toEqual({ view: "mine", queueId: null });
    expect(filterOf("queue:42", { sort: null, inboxId: null, tag: "VIP", assigneeId: null })).toEqual({
      view: "queue",
      queue_id: "42",
      sort: "waiting",
      tag: "VIP",
    });
  });
  it("offers only moments ahead, each once", () => {
    for (const hour of [0, 9, 17, 18, 23])
      for (let date = 1; date <= 7; date++) {
        const now = new Date(2026, 4, date, hour, 15);
        const times = snoozeChoices(now).map((c) => c.until.getTime());
        expect(times.every((time) => time > now.getTime())).toBe(true);
        expect(new Set(times).size).toBe(times.length);
      }
  });
});
