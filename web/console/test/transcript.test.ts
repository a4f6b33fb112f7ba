import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "@/api/client";
import type { MessageView } from "@/api/types";
import type { Frame } from "@/realtime/frames";
import { applyFrame, keys } from "@/realtime/live";
import { frameLog } from "@/realtime/log";
import type { Messages } from "@/realtime/reducers";
import { fetchMessages, joinSnapshot, loadBack, Mender, missingAfter } from "@/realtime/transcript";
import { chance, changed, conversation, created, message } from "./builders";

/** A server that keeps everything, can be away, and answers like the real one. */
class Server {
  log: MessageView[] = [];
  away = false;
  asked = 0;

  say(count = 1): Frame[] {
    return Array.from({ length: count }, () => {
      const m = message("c", this.log.length + 1);
      this.log.push(m);
      return created(m);
    });
  }

  row = () => conversation("c", { last_seq: this.log.length, version: 1 + this.log.length });

  get = async (path: string, query: { after_seq?: number; before_seq?: number; limit?: number } = {}) => {
    this.asked += 1;
    await new Promise((done) => setTimeout(done, 20));
    if (this.away) throw new Error("away");
    if (!path.endsWith("/messages")) return this.row();
    const limit = query.limit ?? 50;
    if (query.after_seq !== undefined) {
      const found = this.log.filter((m) => m.seq > query.after_seq!);
      return { items: found.slice(0, limit), has_more: found.length > limit };
    }
    const found = this.log.filter((m) => query.before_seq === undefined || m.seq < query.before_seq);
    return { items: found.slice(-limit), has_more: found.length > limit };
  };
}

let server: Server;
let client: QueryClient;
let mender: Mender;
const stops: (() => void)[] = [];
const hear = (frame: Frame) => {
  frameLog.append(frame);
  applyFrame(client, frame, "me");
};
const held = () => client.getQueryData<Messages>(keys.messages("c"))!.items.map((m) => m.seq);
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => from + i);

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  vi.spyOn(api, "get").mockImplementation(server.get as typeof api.get);
  mender = new Mender(client);
  stops.push(mender.start());
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  client.clear();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function open(): Promise<void> {
  const watch = [
    { queryKey: keys.messages("c"), queryFn: () => fetchMessages(client, "c"), staleTime: 60_000 },
    { queryKey: keys.conversation("c"), queryFn: () => api.get("/conversations/c"), staleTime: 60_000 },
  ];
  for (const options of watch) stops.push(new QueryObserver(client, options).subscribe(() => {}));
  await vi.advanceTimersByTimeAsync(100);
}

describe("a transcript on screen", () => {
  it("goes back to a message far up in few requests made at once, and has nothing missing between", async () => {
    server.say(5000);
    await open();
    const before = server.asked;
    const there = loadBack(client, "c", 1312);
    await vi.advanceTimersByTimeAsync(100);
    await there;
    expect(server.asked - before).toBeLessThan(25);
    expect(held()[0]).toBeLessThan(1312);
    expect(held()).toEqual(upTo(5000, held()[0]));
    expect(client.getQueryData<Messages>(keys.messages("c"))!.has_more).toBe(true);

    await Promise.all([loadBack(client, "c", 1), vi.advanceTimersByTimeAsync(100)]);
    expect(held()).toEqual(upTo(5000));
    expect(client.getQueryData<Messages>(keys.messages("c"))!.has_more).toBe(false);
  });

  it("has everything once and in order after a server that went away in the middle", async () => {
    const random = chance(11);
    server.say(30);
    await open();
    for (let round = 0; round < 12; round++) {
      // In flight when the server dies: stored, some frames heard, some lost, some twice, late ones last.
      const frames = server.say(1 + Math.floor(random() * 25));
      const kept = frames.filter(() => random() < 0.6);
      for (const frame of [...kept.reverse(), ...kept.slice(0, 2)]) hear(frame);
      server.away = true;
      await vi.advanceTimersByTimeAsync(1000);
      server.say(Math.floor(random() * 300));
      server.away = false;
      mender.reconnected();
      if (random() < 0.5) hear(changed(server.row()));
      await vi.advanceTimersByTimeAsync(3000);
      expect(held(), `round ${round}`).toEqual(upTo(server.log.length));
    }
  });

  it("notices an answer to its own message that overtook the socket", async () => {
    server.say(10);
    await open();
    server.say(4);
    client.setQueryData<Messages>(keys.messages("c"), (now) => ({
      ...now!,
      items: [...now!.items, server.log.at(-1)!],
    }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(held()).toEqual(upTo(14));
  });

  it("leaves to the socket what is only a moment late, and does not ask for ever", async () => {
    server.say(10);
    await open();
    const before = server.asked;
    const [first, second] = server.say(2);
    hear(second!);
    hear(first!);
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.asked).toBe(before);
    // A row that claims more than exists.
    hear(changed(conversation("c", { last_seq: 40, version: 99 })));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.asked - before).toBeLessThan(8);
  });

  it("keeps loaded history over a reload, and lets it go when the end is too far away", () => {
    const m = (from: number, to: number) => upTo(to, from).map((seq) => message("c", seq));
    const old = { items: m(1, 120), has_more: false };
    const joined = joinSnapshot(old, { items: m(101, 150), has_more: true });
    expect(joined.items.map((x) => x.seq)).toEqual(upTo(150));
    expect(joined.has_more).toBe(false);
    const holed = joinSnapshot(old, { items: m(200, 249), has_more: true });
    expect(missingAfter(holed, 249)).toBe(120);
    const far = joinSnapshot(old, { items: m(5000, 5049), has_more: true });
    expect(far.items[0]!.seq).toBe(5000);
    expect(far.has_more).toBe(true);
  });
});
