import { backoff } from "./backoff.ts";
import {
  type Api,
  ApiError,
  type CallbackOffer,
  type CallbackPromise,
  type CallbackWish,
  type LeaveMessage,
  type Realtime,
  type Session,
  type Tabs,
  type Vault,
} from "./ports.ts";
import {
  type Action,
  countsAsUnread,
  DRAFT_MS,
  initial,
  nextToSend,
  type Place,
  reduce,
  resumeAfter,
  type State,
} from "./state.ts";
import type { Conversation, Locale, LocalFile, Message, Page, Payload, Pending } from "./types.ts";

export interface EngineOptions {
  api: Api;
  vault: Vault;
  tabs: Tabs;
  locale: () => Locale;
  now: () => number;
  random: () => number;
  newId: () => string;
  later: (job: () => void, ms: number) => () => void;
  isOnline: () => boolean;
  /** A sentence for a failure that the server did not put into words. */
  say: (error: unknown) => string;
  /** A message from the other side that was not here before. */
  onIncoming: (message: Message) => void;
}

const HISTORY_PAGE = 30;
const TYPING_EVERY_MS = 2_500;

/**
 * Keeps the state true: opens the session, sends what waits, fills gaps, follows the server's events.
 * It knows no DOM, so all of it runs in tests against scripted ports.
 */
export class Engine {
  state: State = initial;
  customer: { name: string | null; identified: boolean } | null = null;
  identityToken: string | null = null;
  page: Page | null = null;
  realtime: Realtime | null = null;

  private readonly watchers = new Set<() => void>();
  private opening: Promise<void> | null = null;
  private opened = false;
  private pumping = false;
  private attempts = 0;
  private cancelRetry: (() => void) | null = null;
  private filling = false;
  private loadingOlder: Promise<void> | null = null;
  private typingSentAt = Number.NEGATIVE_INFINITY;
  private cancelTypingEnd: (() => void) | null = null;

  constructor(private readonly o: EngineOptions) {
    o.api.token = o.vault.get("token");
    const read = o.vault.get("read");
    if (read) this.state = { ...this.state, read: parsePlace(read) };
    this.apply({ type: "restore", pending: o.vault.outbox() });
    o.tabs.listen((message) => {
      if (message.type === "queued") this.apply({ type: "restore", pending: [message.pending] });
      else if (message.type === "discarded") this.apply({ type: "discard", client_id: message.client_id });
      else if (message.type === "sent") this.apply({ ...message, type: "sent" });
      else if (message.type === "read") this.apply({ type: "read", place: message });
      else void this.follow();
    });
  }

  subscribe(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** True when this browser has talked to us before, so there may be history to show. */
  get returning(): boolean {
    return this.o.api.token !== null || this.state.pending.length > 0;
  }

  get hasSession(): boolean {
    return this.opened;
  }

  dispatch(action: Action): void {
    this.apply(action);
    if (this.state.gap) void this.fillGap();
  }

  /** Open the session once; every caller waits for the same opening. Rejects when the server cannot be reached. */
  ensureSession(): Promise<void> {
    return this.opening ?? (this.opened ? Promise.resolve() : this.reopen());
  }

  /** What a session was, or is just being, opened with no longer holds: whoever needs one waits for the next. */
  private reopen(): Promise<void> {
    const before = this.opening ?? Promise.resolve();
    const opening = before
      .catch(() => undefined)
      .then(() => {
        this.opened = false;
        return this.openSession();
      })
      .finally(() => {
        if (this.opening === opening) this.opening = null;
      });
    this.opening = opening;
    return opening;
  }

  /** A fresh snapshot, merged into what is here. */
  async resync(): Promise<void> {
    await this.openSession();
  }

  private openSession(): Promise<void> {
    // When somebody signs in the server ends the old token everywhere: the other tabs must find the new one, not
    // make themselves another.
    return this.o.tabs.alone("session", () => this.takeSession());
  }

  private async askSession(): Promise<Session> {
    const { api, vault } = this.o;
    const ask = { identity_token: this.identityToken, locale: this.o.locale(), page: this.page };
    api.token = vault.get("token");
    try {
      return await api.session(ask);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || !ask.identity_token) throw error;
      // A token the server does not believe (expired, wrong key) makes nobody somebody, but must not silence them.
      console.warn("Qiao: the identity token was refused:", error.detail || error.code);
      return api.session({ ...ask, identity_token: null });
    }
  }

  private async takeSession(): Promise<void> {
    const { api, vault, tabs } = this.o;
    const before = api.token;
    const session = await this.askSession();
    // A visitor who signs in stays the same person and keeps what they wrote; one named person after another does not.
    const owner = session.customer.identified ? (session.customer.id ?? session.customer.name) : null;
    const previous = vault.get("owner");
    if (previous && owner && owner !== previous) this.forgetOwner();
    if (owner) vault.set("owner", owner);
    api.token = session.visitor_token;
    vault.set("token", session.visitor_token);
    this.customer = session.customer;
    const known = new Set(this.state.messages.map((m) => m.id));
    const hadMessages = this.opened || known.size > 0;
    this.opened = true;
    if (this.state.read === null) this.restoreRead(session.messages);
    this.dispatch({
      type: "snapshot",
      conversation: session.conversation,
      messages: session.messages,
      has_more: session.has_more,
    });
    if (hadMessages) {
      for (const m of session.messages) if (!known.has(m.id) && countsAsUnread(m)) this.o.onIncoming(m);
    }
    if (before !== session.visitor_token) {
      tabs.post({ type: "session" });
      this.realtime?.stop();
    }
    this.realtime?.start();
    void this.pump();
  }

  /** A browser that lost its read position must not shout about a history the customer has long seen. */
  private restoreRead(messages: Message[]): void {
    const own = messages.filter((m) => m.author.kind === "customer").at(-1);
    if (own) this.apply({ type: "read", place: { conversation_id: own.conversation_id, seq: own.seq } });
  }

  private async follow(): Promise<void> {
    this.o.api.token = this.o.vault.get("token");
    if (!this.o.api.token) return this.reset();
    await this.reopen().catch(() => undefined);
  }

  /** The host says who is signed in (or, with null, that they left). */
  async identify(token: string | null): Promise<void> {
    if (token === this.identityToken && (token !== null || this.opened)) return;
    const leaving = token === null && this.identityToken !== null;
    this.identityToken = token;
    if (leaving) {
      this.reset();
      this.o.tabs.post({ type: "session" });
      return;
    }
    if (token === null) return;
    await this.reopen().catch(() => undefined);
  }

  private reset(): void {
    this.realtime?.stop();
    this.forgetOwner();
    this.o.vault.set("token", null);
    this.o.vault.set("owner", null);
    this.o.api.token = null;
    this.opened = false;
    this.customer = null;
    this.notify();
  }

  /** Nothing one person wrote may be seen by, or sent as, the next. */
  private forgetOwner(): void {
    for (const p of this.state.pending) this.o.vault.drop(p.client_id);
    this.o.vault.set("draft", null);
    this.o.vault.set("read", null);
    this.apply({ type: "reset" });
  }

  sendText(body: string): void {
    const text = body.trim();
    if (text) this.queue({ kind: "text", body: text, payload: {} });
  }

  choose(messageId: string, option: { id: string; label: string; value?: string }): void {
    this.queue({
      kind: "text",
      body: option.label,
      payload: { choice: { id: option.id, value: option.value ?? option.label, message_id: messageId } },
    });
  }

  async sendFile(blob: Blob, file: LocalFile): Promise<void> {
    const client_id = this.o.newId();
    await this.o.vault.keepBlob(client_id, blob);
    this.queue({ kind: kindOf(file.mime), body: "", payload: {}, file }, client_id);
  }

  private queue(
    draft: { kind: Pending["kind"]; body: string; payload: Payload; file?: LocalFile },
    id?: string,
  ): void {
    const pending: Pending = {
      ...draft,
      client_id: id ?? this.o.newId(),
      created_at: new Date(this.o.now()).toISOString(),
      state: "waiting",
    };
    this.apply({ type: "queue", pending });
    this.o.tabs.post({ type: "queued", pending });
    this.endTyping(false);
    void this.pump();
  }

  retry(clientId: string): void {
    this.apply({ type: "retry", client_id: clientId });
    this.attempts = 0;
    void this.pump();
  }

  discard(clientId: string): void {
    this.apply({ type: "discard", client_id: clientId });
    this.o.tabs.post({ type: "discarded", client_id: clientId });
  }

  /** Send what waits, in order, one at a time, until nothing waits or the way is blocked. */
  async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    this.cancelRetry?.();
    this.cancelRetry = null;
    try {
      for (let next = nextToSend(this.state); next; next = nextToSend(this.state)) {
        if (!this.o.isOnline()) break;
        const id = next.client_id;
        const blocked = await this.o.tabs.alone("outbox", () => this.sendOne(id));
        if (blocked === null) {
          this.attempts = 0;
          continue;
        }
        const wait = blocked.retryAfterMs ?? backoff(this.attempts++, this.o.random());
        this.cancelRetry = this.o.later(() => void this.pump(), wait);
        break;
      }
    } finally {
      this.pumping = false;
    }
  }

  /** Null when the message is settled (sent or refused); the error when it must wait. */
  private async sendOne(id: string): Promise<ApiError | null> {
    const { api, vault } = this.o;
    const find = () => this.state.pending.find((p) => p.client_id === id && p.state !== "failed");
    const pending = find();
    if (!pending) return null;
    this.apply({ type: "sending", client_id: id });
    try {
      await this.ensureSession();
      let payload = pending.payload;
      if (pending.file && !payload.file_id) {
        const blob = await vault.blob(id);
        if (!blob) throw new ApiError(410, "file_lost", "");
        const file = await api.upload(blob, pending.file.name, (part) =>
          this.apply({ type: "sending", client_id: id, progress: part }),
        );
        payload = { ...payload, ...file };
        this.apply({ type: "attach", client_id: id, payload });
      }
      if (!find()) return null;
      // What the bytes are counts, not what the name says.
      const kind = payload.file_id && payload.mime ? kindOf(payload.mime) : pending.kind;
      const sent = await api.send({ client_id: id, kind, body: pending.body, payload });
      const first = this.state.conversation === null;
      this.dispatch({ type: "sent", client_id: id, ...sent });
      this.apply({ type: "read", place: sent.message });
      this.o.tabs.post({ type: "sent", client_id: id, ...sent });
      if (first) this.realtime?.nudge();
      return null;
    } catch (error) {
      const problem = error instanceof ApiError ? error : new ApiError(0, "network", "");
      if (problem.status === 401) {
        // The token died; a new session is made on the next try.
        this.opened = false;
        this.apply({ type: "wait", client_id: id });
        return problem;
      }
      if (problem.passing) {
        this.apply({ type: "wait", client_id: id });
        return problem;
      }
      // There is no form here to say it beside its field.
      const said = Object.values(problem.fields)[0] ?? problem.detail;
      this.apply({ type: "refused", client_id: id, error: said || this.o.say(problem) });
      return null;
    }
  }

  /** Ask for what lies between the last number known without a hole and what just arrived. */
  private async fillGap(): Promise<void> {
    if (this.filling) return;
    this.filling = true;
    try {
      for (let tries = 0; this.state.gap && tries < 50; ) {
        const { conversation_id, after } = this.state.gap;
        try {
          const known = new Set(this.state.messages.map((m) => m.id));
          const page = await this.o.api.after(conversation_id, after);
          this.apply({ type: "page", conversation_id, after, ...page });
          for (const m of page.messages) if (!known.has(m.id) && countsAsUnread(m)) this.o.onIncoming(m);
        } catch {
          await new Promise<void>((done) => this.o.later(done, backoff(tries++, this.o.random())));
        }
      }
    } finally {
      this.filling = false;
    }
  }

  loadOlder(): Promise<void> {
    const first = this.state.messages[0];
    if (!first || !this.state.has_older) return Promise.resolve();
    this.loadingOlder ??= this.o.api
      .older(first, HISTORY_PAGE)
      .then((page) => this.apply({ type: "older", ...page }))
      .finally(() => {
        this.loadingOlder = null;
      });
    return this.loadingOlder;
  }

  async handoff(): Promise<Conversation> {
    await this.ensureSession();
    const conversation = await this.o.api.handoff();
    const first = this.state.conversation === null;
    this.dispatch({ type: "conversation", conversation });
    if (first) this.realtime?.nudge();
    if (conversation.last_seq > resumeAfter(this.state)) await this.refresh(conversation.id);
    return conversation;
  }

  async leaveMessage(form: Omit<LeaveMessage, "client_id">, clientId: string): Promise<void> {
    await this.ensureSession();
    const left = await this.o.api.leaveMessage({ ...form, client_id: clientId });
    this.dispatch({ type: "sent", client_id: clientId, ...left });
    this.apply({ type: "read", place: left.message });
    this.realtime?.nudge();
  }

  /** When one may be called. Asking makes somebody of a visitor: the promise is theirs. */
  async callbackOffer(): Promise<CallbackOffer> {
    await this.ensureSession();
    return this.o.api.callbackOffer();
  }

  async askCallback(wish: CallbackWish): Promise<CallbackPromise> {
    const promise = await this.o.api.askCallback(wish);
    this.realtime?.nudge();
    return promise;
  }

  cancelCallback(): Promise<void> {
    return this.o.api.cancelCallback();
  }

  /** They came by an invitation: the session says so before anything they write is sent. */
  invited(page: Page): void {
    this.page = page;
    if (this.opened || this.opening) void this.reopen().catch(() => undefined);
  }

  async rate(score: number, comment: string): Promise<void> {
    const c = this.state.conversation;
    if (!c) return;
    await this.o.api.rate(c.id, score, comment);
    const now = this.state.conversation;
    if (now?.id === c.id)
      this.apply({ type: "conversation", conversation: { ...now, rating: { score, comment } } });
  }

  transcript(): Promise<Blob> {
    return this.o.api.transcript();
  }

  transcriptMail(email: string): Promise<void> {
    return this.o.api.transcriptMail(email);
  }

  async feedback(message: Message, helpful: boolean): Promise<void> {
    await this.o.api.feedback(message.id, helpful);
    this.apply({ type: "changed", message: { ...message, payload: { ...message.payload, helpful } } });
  }

  /** Take back what the customer has just sent; the server says when it is too late. */
  async withdraw(message: Message): Promise<void> {
    this.apply({ type: "changed", message: await this.o.api.withdraw(message.id) });
  }

  /** The customer is writing. `preview` is their text, only when the company shows it to agents. */
  typing(preview?: string): void {
    const conversation = this.state.conversation;
    if (!conversation || conversation.status === "bot") return;
    this.cancelTypingEnd?.();
    this.cancelTypingEnd = this.o.later(() => this.endTyping(true), 5_000);
    if (this.o.now() - this.typingSentAt < TYPING_EVERY_MS) return;
    this.typingSentAt = this.o.now();
    this.signalTyping(true, preview);
  }

  /** The customer has taken back what they wrote. */
  typingStopped(): void {
    this.endTyping(true);
  }

  private endTyping(tell: boolean): void {
    this.cancelTypingEnd?.();
    this.cancelTypingEnd = null;
    if (tell && this.typingSentAt > Number.NEGATIVE_INFINITY) this.signalTyping(false);
    this.typingSentAt = Number.NEGATIVE_INFINITY;
  }

  private signalTyping(on: boolean, preview?: string): void {
    const conversation_id = this.state.conversation?.id;
    if (this.realtime?.send({ op: "typing", conversation_id, on, preview })) return;
    this.o.api.typing(on, preview).catch(() => undefined);
  }

  /** The customer has seen everything up to here. */
  seen(place: Place): void {
    const before = this.state.read;
    this.apply({ type: "read", place: { conversation_id: place.conversation_id, seq: place.seq } });
    if (before === this.state.read) return;
    this.o.tabs.post({ type: "read", conversation_id: place.conversation_id, seq: place.seq });
    if (place.conversation_id !== this.state.conversation?.id) return;
    if (this.realtime?.send({ op: "read", conversation_id: place.conversation_id, seq: place.seq })) return;
    this.o.api.read(place.seq).catch(() => undefined);
  }

  /** An event of the server, however it travelled. */
  event(type: string, conversationId: string | null, data: Record<string, unknown>): void {
    const id = conversationId ?? "";
    if (type === "message.created") {
      const message = data.message as Message;
      const fresh = !this.state.messages.some((m) => m.id === message.id);
      this.dispatch({ type: "message", message });
      if (fresh && countsAsUnread(message)) this.o.onIncoming(message);
    } else if (type === "message.changed") {
      this.dispatch({ type: "changed", message: data.message as Message });
    } else if (type === "conversation.changed") {
      this.dispatch({ type: "conversation", conversation: data.conversation as Conversation });
    } else if (type === "typing") {
      this.dispatch({
        type: "typing",
        on: data.on === true,
        name: (data.name as string) ?? null,
        now: this.o.now(),
      });
      if (data.on === true) this.o.later(() => this.expireTyping(), 6_100);
    } else if (type === "draft") {
      if (this.state.conversation?.status !== "bot" || this.state.conversation.id !== id) return;
      this.dispatch({
        type: "typing",
        on: data.on === true,
        name: null,
        now: this.o.now(),
        draft: typeof data.text === "string" ? data.text : "",
      });
      if (data.on === true) this.o.later(() => this.expireTyping(), DRAFT_MS + 100);
    } else if (type === "queue_place") {
      this.dispatch({
        type: "queue_place",
        conversation_id: id,
        place: (data.place as number) ?? null,
        estimate_s: (data.estimate_s as number) ?? null,
      });
    } else if (type === "queue.unreachable") {
      // Nobody will come for now. Only a snapshot says when people are back.
      this.resync().catch(() => undefined);
    } else if (type === "read") {
      this.dispatch({ type: "staff_read", conversation_id: id, seq: Number(data.seq) });
    }
  }

  private expireTyping(): void {
    if (this.state.typing && this.state.typing.until <= this.o.now()) {
      this.apply({ type: "typing", on: false, name: null, now: this.o.now() });
    }
  }

  async poll(waitS: number, signal: AbortSignal): Promise<void> {
    const c = this.state.conversation;
    const answer = await this.o.api.poll(c?.id ?? null, resumeAfter(this.state), waitS, signal);
    for (const message of answer.messages)
      this.event("message.created", message.conversation_id, { message });
    if (answer.conversation)
      this.event("conversation.changed", answer.conversation.id, { conversation: answer.conversation });
  }

  private async refresh(conversationId: string): Promise<void> {
    const after = resumeAfter(this.state);
    const page = await this.o.api.after(conversationId, after);
    this.dispatch({ type: "page", conversation_id: conversationId, after, ...page });
  }

  private apply(action: Action): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    this.persist(before, this.state);
    this.notify();
  }

  private persist(before: State, after: State): void {
    const { vault } = this.o;
    if (before.pending !== after.pending) {
      const held = new Map(before.pending.map((p) => [p.client_id, p]));
      for (const p of after.pending) {
        const old = held.get(p.client_id);
        // Progress ticks are not worth a disk write.
        if (!old || old.state !== p.state || old.payload !== p.payload) vault.keep(p);
        held.delete(p.client_id);
      }
      for (const gone of held.keys()) vault.drop(gone);
    }
    if (before.read !== after.read && after.read)
      vault.set("read", `${after.read.conversation_id}:${after.read.seq}`);
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }
}

function kindOf(mime: string): "image" | "file" {
  return mime.startsWith("image/") ? "image" : "file";
}

function parsePlace(text: string): Place | null {
  const at = text.lastIndexOf(":");
  const seq = Number(text.slice(at + 1));
  return at > 0 && Number.isFinite(seq) ? { conversation_id: text.slice(0, at), seq } : null;
}
