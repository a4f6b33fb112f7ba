import { backoff } from "../core/backoff.ts";
import type { Frame, Realtime, RealtimeHandlers } from "../core/ports.ts";

const PING_MS = 25_000;
const POLL_S = 25;
const PONG_MS = 10_000;
const WELCOME_MS = 8_000;
/** After this many sockets that never got a welcome, something between us eats WebSockets: poll instead. */
const GIVE_UP_SOCKETS = 3;
const RETRY_SOCKET_MS = 60_000;

/** A WebSocket that comes back by itself and resumes where it was, with long polling where sockets do not pass. */
export class SocketOrPoll implements Realtime {
  private socket: WebSocket | null = null;
  private running = false;
  private welcomed = false;
  private attempt = 0;
  private failures = 0;
  private cursor: string | null = null;
  private timers = new Map<string, ReturnType<typeof setTimeout>>();
  private polling: AbortController | null = null;

  constructor(
    private readonly url: string,
    private readonly on: RealtimeHandlers,
  ) {
    addEventListener("online", () => this.nudge());
    addEventListener("offline", () => {
      if (this.running) this.lost();
    });
    document.addEventListener("visibilitychange", () => {
      // A laptop that slept holds a dead socket for minutes; ask it now.
      if (document.visibilityState === "visible" && this.running) {
        if (this.socket && this.welcomed) this.ping();
        else this.nudge();
      }
    });
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connect();
  }

  stop(): void {
    this.running = false;
    this.cursor = null;
    this.clear();
    this.polling?.abort();
    this.polling = null;
    this.drop();
  }

  nudge(): void {
    if (!this.running || (this.socket && this.welcomed)) return;
    this.attempt = 0;
    if (!this.socket) this.connect();
  }

  send(frame: Frame): boolean {
    if (!this.socket || !this.welcomed || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private connect(): void {
    this.clear();
    this.drop();
    if (!this.polling) this.on.status(navigator.onLine ? "connecting" : "offline");
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.failed();
      return;
    }
    this.socket = socket;
    this.welcomed = false;
    this.timer("welcome", WELCOME_MS, () => socket.close());
    socket.onopen = () => {
      const hello: Frame = { op: "hello", ...this.on.hello() };
      if (this.cursor) hello.cursor = this.cursor;
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (event) => {
      if (this.socket === socket && typeof event.data === "string")
        this.frame(JSON.parse(event.data) as Frame);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.running) return;
      if (event.code === 4401) {
        this.clear();
        this.cursor = null;
        const next = () => {
          if (!this.socket) this.again();
        };
        this.on.expired().then(next, next);
      } else if (this.welcomed) this.lost();
      else this.failed();
    };
  }

  private frame(frame: Frame): void {
    this.timer("silence", PING_MS, () => this.ping());
    switch (frame.op) {
      case "welcome":
        this.welcomed = true;
        this.attempt = 0;
        this.failures = 0;
        this.untimer("welcome");
        this.polling?.abort();
        this.polling = null;
        this.on.status("online");
        if (frame.resumed !== true) this.refresh(String(frame.cursor ?? ""));
        else this.cursor = String(frame.cursor ?? this.cursor ?? "");
        break;
      case "event":
        if (frame.cursor) this.cursor = String(frame.cursor);
        this.on.event(
          String(frame.type),
          (frame.conversation_id as string) ?? null,
          (frame.data as Record<string, unknown>) ?? {},
        );
        break;
      case "signal":
        this.on.event(
          String(frame.type),
          (frame.conversation_id as string) ?? null,
          (frame.data as Record<string, unknown>) ?? {},
        );
        break;
      case "reload":
        this.refresh(null);
        break;
    }
  }

  /**
   * Without a snapshot no cursor is worth anything: resuming from it would leave the gap open for good. So it is
   * dropped first, taken over once the snapshot is here, and dropped again if that fails.
   */
  private refresh(cursor: string | null): void {
    const socket = this.socket;
    this.cursor = null;
    this.on.resync().then(
      () => {
        if (this.socket === socket) this.cursor ??= cursor;
      },
      () => {
        if (this.socket !== socket) return;
        this.cursor = null;
        this.lost();
      },
    );
  }

  private ping(): void {
    if (!this.send({ op: "ping" })) return;
    this.timer("silence", PONG_MS, () => this.lost());
  }

  private lost(): void {
    this.drop();
    this.again();
  }

  private failed(): void {
    this.failures += 1;
    if (this.failures >= GIVE_UP_SOCKETS && navigator.onLine) this.poll();
    else this.again();
  }

  private again(): void {
    this.clear();
    if (!this.running) return;
    if (!this.polling) this.on.status(navigator.onLine ? "connecting" : "offline");
    const wait = this.polling ? RETRY_SOCKET_MS : backoff(this.attempt++, Math.random());
    this.timer("again", wait, () => this.connect());
  }

  private poll(): void {
    this.again();
    if (this.polling) return;
    const stop = new AbortController();
    this.polling = stop;
    this.again();
    void this.pollUntil(stop.signal);
  }

  private async pollUntil(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    // The first answer is wanted at once: it tells that polling works here.
    let wait = 0;
    while (!signal.aborted) {
      try {
        await this.on.poll(wait, signal);
        if (signal.aborted) return;
        attempt = 0;
        wait = POLL_S;
        this.on.status("polling");
      } catch {
        if (signal.aborted) return;
        wait = 0;
        this.on.status("offline");
        await new Promise((done) => setTimeout(done, backoff(attempt++, Math.random())));
      }
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
    }
  }

  private timer(name: string, ms: number, job: () => void): void {
    this.untimer(name);
    this.timers.set(name, setTimeout(job, ms));
  }

  private untimer(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }

  private clear(): void {
    for (const name of [...this.timers.keys()]) this.untimer(name);
  }
}
