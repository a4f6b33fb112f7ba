import { beforeEach, describe, expect, it } from "vitest";
import { Engine, type EngineOptions } from "../src/core/engine.ts";
import {
  type Api,
  ApiError,
  type Session,
  type TabMessage,
  type Tabs,
  type Vault,
} from "../src/core/ports.ts";
import type { Message, Pending } from "../src/core/types.ts";
import { conversation, message, mine } from "./helpers.ts";

/** A server that keeps messages by `client_id`, as the real one does, and can lose requests or answers. */
class Server {
  messages: Message[] = [];
  posts: string[] = [];
  kinds: string[] = [];
  bytesAre = "image/png";
  sessions = 0;
  /** The invitation the newest session knows of, and what each message was sent with. */
  invitation: string | null = null;
  ledBy: (string | null)[] = [];
  /** What happens to the next posts: the request is lost, the answer is lost, or it is refused. */
  script: ("lost" | "answer lost" | "refused" | "busy" | "expired" | "ok")[] = [];
  owner = "k1";
  identified = false;
  api: Api = {
    token: null,
    config: () => Promise.reject(new Error("not asked")),
    session: async ({ identity_token, page }): Promise<Session> => {
      this.sessions += 1;
      this.invitation = page?.invitation ?? null;
      if (identity_token === "forged") throw new ApiError(401, "identity_token_invalid", "");
      return {
        visitor_token: this.api.token ?? `token-${this.owner}`,
        customer: { id: this.owner, name: null, identified: this.identified },
        conversation: this.messages.length ? conversation({ last_seq: this.messages.length }) : null,
        messages: this.messages.slice(-50),
        has_more: this.messages.length > 50,
      };
    },
    older: async (before, limit) => {
      const at = this.messages.findIndex((m) => m.id === before.id);
      return { messages: this.messages.slice(Math.max(0, at - limit), at), has_more: at > limit };
    },
    after: async (_id, seq) => ({ messages: this.messages.filter((m) => m.seq > seq), has_more: false }),
    send: async ({ client_id, kind, body }) => {
      this.posts.push(client_id);
      this.kinds.push(kind);
      const fate = this.script.shift() ?? "ok";
      if (fate === "lost") throw new ApiError(0, "network", "");
      if (fate === "refused") throw new ApiError(422, "invalid", "这条消息不能发送。");
      if (fate === "busy") throw new ApiError(429, "slow", "", 1500);
      if (fate === "expired") throw new ApiError(401, "token", "");
      let held = this.messages.find((m) => m.client_id === client_id);
      if (!held) {
        this.ledBy.push(this.invitation);
        held = mine(this.messages.length + 1, client_id, { body });
        this.messages.push(held);
      }
      if (fate === "answer lost") throw new ApiError(0, "network", "");
      return { message: held, conversation: conversation({ last_seq: this.messages.length }) };
    },
    withdraw: async (id) => {
      const at = this.messages.findIndex((m) => m.id === id);
      if (at < 0) throw new ApiError(409, "conversation.recall_too_late", "已超过可撤回的时间。");
      this.messages[at] = { ...this.messages[at]!, body: "", recalled_at: "2026-01-01T00:01:00Z" };
      return this.messages[at]!;
    },
    upload: async (_file, name) => ({ file_id: "f1", name, mime: this.bytesAre, size: 3 }),
    typing: async () => undefined,
    read: async () => undefined,
    handoff: async () => conversation({ status: "queued" }),
    callbackOffer: async () => ({
      available: false,
      timezone: "UTC",
      soonest: null,
      slots: [],
      current: null,
    }),
    askCallback: () => Promise.reject(new Error("not asked")),
    cancelCallback: async () => undefined,
    leaveMessage: () => Promise.reject(new Error("not asked")),
    rate: async () => undefined,
    feedback: async () => undefined,
    transcript: async () => new Blob(),
    transcriptMail: async () => undefined,
    poll: async () => ({ messages: this.messages, conversation: null }),
  };
}

class Disk implements Vault {
  values = new Map<string, string>();
  unsent = new Map<string, Pending>();
  blobs = new Map<string, Blob>();
  get = (name: string) => this.values.get(name) ?? null;
  set = (name: string, value: string | null) =>
    void (value === null ? this.values.delete(name) : this.values.set(name, value));
  outbox = () => [...this.unsent.values()];
  keep = (p: Pending) => void this.unsent.set(p.client_id, structuredClone(p));
  drop = (id: string) => void this.unsent.delete(id);
  blob = async (id: string) => this.blobs.get(id) ?? null;
  keepBlob = async (id: string, blob: Blob) => void this.blobs.set(id, blob);
}

class Browser {
  server = new Server();
  disk = new Disk();
  online = true;
  now = 0;
  jobs: { at: number; run: () => void }[] = [];
  heard: string[] = [];
  tabs: ((m: TabMessage) => void)[] = [];
  ids = 0;

  tab(): Engine {
    const handlers: ((m: TabMessage) => void)[] = [];
    const tabs: Tabs = {
      post: (m) => {
        for (const t of this.tabs) if (!handlers.includes(t)) t(structuredClone(m));
      },
      listen: (h) => {
        handlers.push(h);
        this.tabs.push(h);
      },
      alone: (_name, job) => job(),
    };
    const options: EngineOptions = {
      api: this.server.api,
      vault: this.disk,
      tabs,
      locale: () => "zh-CN",
      now: () => this.now,
      random: () => 0,
      newId: () => `id-${++this.ids}`,
      later: (run, ms) => {
        const job = { at: this.now + ms, run };
        this.jobs.push(job);
        return () => {
          this.jobs = this.jobs.filter((j) => j !== job);
        };
      },
      isOnline: () => this.online,
      say: () => "没有成功",
      onIncoming: (m) => void this.heard.push(m.id),
    };
    return new Engine(options);
  }

  /** Let promises settle and time pass. */
  async pass(ms = 0): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      for (let i = 0; i < 30; i += 1) await Promise.resolve();
      const due = this.jobs.filter((j) => j.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.jobs = this.jobs.filter((j) => j !== due);
      this.now = due.at;
      due.run();
    }
    this.now = until;
  }
}

let b: Browser;
beforeEach(() => {
  b = new Browser();
});
const bodies = () => b.server.messages.map((m) => m.body);

describe("sending", () => {
  it("opens the session on the first message and keeps what it learns", async () => {
    const engine = b.tab();
    expect(engine.returning).toBe(false);
    engine.sendText("  你好  ");
    await b.pass();
    expect(b.server.sessions).toBe(1);
    expect(bodies()).toEqual(["你好"]);
    expect(b.disk.get("token")).toBe("token-k1");
    expect(engine.state.pending).toEqual([]);
    expect(b.tab().returning).toBe(true);
  });

  it("delivers each message once and in order over a network that loses requests and answers", async () => {
    b.server.script = ["lost", "answer lost", "ok", "lost", "busy", "answer lost"];
    const engine = b.tab();
    for (const text of ["一", "二", "三"]) engine.sendText(text);
    await b.pass(120_000);
    expect(bodies()).toEqual(["一", "二", "三"]);
    expect(engine.state.messages.map((m) => m.body)).toEqual(["一", "二", "三"]);
    expect(b.disk.unsent.size).toBe(0);
  });

  it("waits as long as the server asks", async () => {
    b.server.script = ["busy"];
    b.tab().sendText("一");
    await b.pass(1400);
    expect(bodies()).toEqual([]);
    await b.pass(200);
    expect(bodies()).toEqual(["一"]);
  });

  it("shows a refusal in the server's words and goes on with the next message", async () => {
    b.server.script = ["refused"];
    const engine = b.tab();
    engine.sendText("坏的");
    engine.sendText("好的");
    await b.pass();
    expect(bodies()).toEqual(["好的"]);
    expect(engine.state.pending).toMatchObject([
      { body: "坏的", state: "failed", error: "这条消息不能发送。" },
    ]);
    engine.retry(engine.state.pending[0]!.client_id);
    await b.pass();
    expect(bodies()).toEqual(["好的", "坏的"]);
  });

  it("takes a new session when the token has died", async () => {
    const engine = b.tab();
    engine.sendText("一");
    await b.pass();
    b.server.script = ["expired"];
    engine.sendText("二");
    await b.pass(5000);
    expect(b.server.sessions).toBe(2);
    expect(bodies()).toEqual(["一", "二"]);
  });

  it("keeps what was written offline through a reload and sends it once, later, from whichever tab", async () => {
    b.online = false;
    const first = b.tab();
    first.sendText("离线一");
    first.sendText("离线二");
    await b.pass(1000);
    expect(b.server.posts).toEqual([]);
    b.tabs = [];
    b.online = true;
    const second = b.tab();
    const third = b.tab();
    expect(second.state.pending.map((p) => p.body)).toEqual(["离线一", "离线二"]);
    await Promise.all([second.pump(), third.pump()]);
    await b.pass(5000);
    expect(bodies()).toEqual(["离线一", "离线二"]);
    expect(second.state.pending).toEqual([]);
    expect(third.state.pending).toEqual([]);
    expect(b.disk.unsent.size).toBe(0);
  });

  it("sends what the bytes are, not what the name says", async () => {
    b.server.bytesAre = "text/plain";
    const engine = b.tab();
    await engine.sendFile(new Blob(["abc"]), { name: "a.png", mime: "image/png", size: 3 });
    await b.pass();
    expect(b.server.kinds).toEqual(["file"]);
  });

  it("uploads a file's bytes first, and says so when they are gone", async () => {
    const engine = b.tab();
    await engine.sendFile(new Blob(["abc"]), { name: "a.png", mime: "image/png", size: 3 });
    await b.pass();
    expect(b.server.messages).toHaveLength(1);
    b.online = false;
    await engine.sendFile(new Blob(["abc"]), { name: "b.png", mime: "image/png", size: 3 });
    b.disk.blobs.clear();
    b.online = true;
    await engine.pump();
    expect(engine.state.pending).toMatchObject([{ state: "failed", error: "没有成功" }]);
  });
});

describe("taking back", () => {
  it("blanks what was sent, and leaves it alone when it is too late", async () => {
    const engine = b.tab();
    engine.sendText("6222");
    engine.sendText("还在");
    await b.pass();
    const [slip, other] = engine.state.messages;
    await engine.withdraw(slip!);
    expect(engine.state.messages.map((m) => [m.body, m.recalled_at !== null])).toEqual([
      ["", true],
      ["还在", false],
    ]);
    b.server.messages = [];
    await expect(engine.withdraw(other!)).rejects.toThrow();
    expect(engine.state.messages[1]!.body).toBe("还在");
  });
});

describe("following the server", () => {
  it("fills a hole in the numbers by asking, and hears each message once", async () => {
    const engine = b.tab();
    engine.sendText("一");
    await b.pass();
    b.server.messages.push(message(2), message(3), message(4));
    engine.event("message.created", "c1", { message: message(4) });
    engine.event("message.created", "c1", { message: message(4) });
    await b.pass();
    expect(engine.state.messages.map((m) => m.seq)).toEqual([1, 2, 3, 4]);
    expect(b.heard.toSorted()).toEqual(["c1-2", "c1-3", "c1-4"]);
  });

  it("after a lost connection a fresh snapshot brings what was missed, and only that is heard", async () => {
    const engine = b.tab();
    engine.sendText("一");
    await b.pass();
    b.server.messages.push(message(2));
    await engine.resync();
    await engine.resync();
    expect(engine.state.messages.map((m) => m.seq)).toEqual([1, 2]);
    expect(b.heard).toEqual(["c1-2"]);
  });

  it("a returning customer's history is quiet, and older pages come on request", async () => {
    b.server.messages = Array.from({ length: 90 }, (_, i) => message(i + 1));
    b.disk.set("token", "old");
    const engine = b.tab();
    await engine.ensureSession();
    expect(b.heard).toEqual([]);
    expect(engine.state.messages).toHaveLength(50);
    await Promise.all([engine.loadOlder(), engine.loadOlder()]);
    expect(engine.state.messages).toHaveLength(80);
    await engine.loadOlder();
    expect(engine.state.messages).toHaveLength(90);
    expect(engine.state.has_older).toBe(false);
  });
});

describe("who it is", () => {
  it("a visitor who signs in keeps what they wrote", async () => {
    const engine = b.tab();
    engine.sendText("一");
    await b.pass();
    b.online = false;
    engine.sendText("没发出去");
    b.disk.set("draft", "草稿");
    b.server.identified = true;
    b.server.owner = "k9";
    b.online = true;
    await engine.identify("signed");
    await b.pass();
    expect(bodies()).toEqual(["一", "没发出去"]);
    expect(b.disk.get("draft")).toBe("草稿");
  });

  it("nothing of one person stays for the next", async () => {
    b.server.identified = true;
    const engine = b.tab();
    engine.sendText("一");
    await b.pass();
    b.online = false;
    engine.sendText("没发出去");
    b.disk.set("draft", "草稿");
    b.server.owner = "k2";
    b.server.messages = [];
    b.online = true;
    await engine.identify("signed-token-of-k2");
    await b.pass();
    expect(engine.state.messages).toEqual([]);
    expect(engine.state.pending).toEqual([]);
    expect(b.disk.get("draft")).toBeNull();
    expect(b.server.messages).toEqual([]);
  });

  it.each([
    ["before anything is opened", 0],
    ["while a session is being opened", 1],
    ["in an old session", 2],
  ])("what they write after an invitation is sent with it, accepted %s", async (_when, opened) => {
    const page = { url: "https://shop.test/", title: "", referrer: "" };
    const engine = b.tab();
    engine.page = page;
    if (opened) void engine.ensureSession();
    if (opened === 2) await b.pass();
    engine.invited({ ...page, invitation: "i1" });
    engine.sendText("想买一张床");
    await b.pass();
    expect(b.server.ledBy).toEqual(["i1"]);
    expect(b.server.sessions).toBe(opened ? 2 : 1);
  });

  it("who signs in while a session is being opened is known in the next", async () => {
    const engine = b.tab();
    void engine.ensureSession();
    await engine.identify("signed");
    expect(b.server.sessions).toBe(2);
  });

  it("a refused identity token leaves the visitor a visitor, with their history", async () => {
    b.server.messages = [message(1)];
    b.disk.set("token", "kept");
    const engine = b.tab();
    await engine.identify("forged");
    expect(engine.state.messages).toHaveLength(1);
    expect(engine.customer?.identified).toBe(false);
    expect(b.disk.get("token")).toBe("kept");
  });

  it("signing out forgets the visitor", async () => {
    const engine = b.tab();
    await engine.identify("signed");
    engine.sendText("一");
    await b.pass();
    await engine.identify(null);
    expect(b.disk.get("token")).toBeNull();
    expect(engine.state.messages).toEqual([]);
    expect(engine.hasSession).toBe(false);
  });

  it("a read position travels to the other tabs", async () => {
    const one = b.tab();
    const two = b.tab();
    one.sendText("一");
    await b.pass();
    one.seen({ conversation_id: "c1", seq: 7 });
    expect(two.state.read).toMatchObject({ conversation_id: "c1", seq: 7 });
    expect(b.tab().state.read).toEqual({ conversation_id: "c1", seq: 7 });
  });
});
