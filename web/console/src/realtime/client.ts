import { create } from "zustand";
import type { Id } from "@/api/types";
import { setClockSkew } from "@/ui/Time";
import type { EventData, EventType, Frame, ServerFrame, SignalFrame } from "./frames";
import { frameLog } from "./log";

export type ConnectionState = "idle" | "connecting" | "online" | "offline";

interface Connection {
  state: ConnectionState;
  /** When the last good connection ended; the banner waits two seconds of it. */
  since: number;
}

export const useConnection = create<Connection>(() => ({ state: "idle", since: 0 }));

type Listener = (frame: Frame) => void;
type SignalListener = (frame: SignalFrame) => void;

/** Delay before try `n` (0-based): 0.5 s doubling to 20 s, spread by half so that a restart is not a stampede. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(20_000, 500 * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random();
}

export class RealtimeClient {
  private socket: WebSocket | null = null;
  private cursor: string | null = null;
  private attempt = 0;
  private wanted = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private lastHeard = 0;
  private listeners = new Map<EventType | "*", Set<Listener>>();
  private signalListeners = new Set<SignalListener>();
  private reloadListeners = new Set<() => void>();
  private byeListeners = new Set<(reason: string) => void>();
  private watched = new Map<Id, number>();
  private viewing: Id | null = null;

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    window.addEventListener("online", this.retryNow);
    document.addEventListener("visibilitychange", this.onVisible);
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    window.removeEventListener("online", this.retryNow);
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.retry);
    clearInterval(this.beat);
    this.cursor = null;
    this.socket?.close(1000);
    this.socket = null;
    useConnection.setState({ state: "idle", since: Date.now() });
  }

  retryNow = (): void => {
    if (!this.wanted || useConnection.getState().state === "online") return;
    clearTimeout(this.retry);
    this.attempt = 0;
    this.socket?.close();
    this.socket = null;
    this.connect();
  };

  private onVisible = (): void => {
    if (document.visibilityState === "visible") this.retryNow();
  };

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket = socket;
    if (useConnection.getState().state !== "offline")
      useConnection.setState({ state: "connecting", since: Date.now() });
    socket.onopen = () =>
      this.say({
        op: "hello",
        batch: true,
        // What is watched decides what the replay of a gap holds.
        watch: [...this.watched.keys()],
        ...(this.cursor ? { cursor: this.cursor } : {}),
      });
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      const said = JSON.parse(String(event.data)) as ServerFrame | ServerFrame[];
      for (const frame of Array.isArray(said) ? said : [said]) this.hear(frame);
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.socket = null;
      clearInterval(this.beat);
      if (!this.wanted) return;
      if (event.code === 4401) {
        for (const listener of this.byeListeners) listener("signed_out");
        return;
      }
      if (useConnection.getState().state !== "offline")
        useConnection.setState({ state: "offline", since: Date.now() });
      this.retry = setTimeout(() => this.connect(), backoff(this.attempt++));
    };
  }

  private hear(frame: ServerFrame): void {
    this.lastHeard = Date.now();
    switch (frame.op) {
      case "welcome": {
        const fresh = !frame.resumed;
        this.cursor = frame.cursor;
        this.attempt = 0;
        setClockSkew(frame.server_time);
        useConnection.setState({ state: "online", since: Date.now() });
        this.heartbeat(frame.heartbeat_s || 25);
        if (this.watched.size) this.say({ op: "watch", conversation_ids: [...this.watched.keys()] });
        this.say({ op: "viewing", conversation_id: this.viewing });
        if (fresh) for (const listener of this.reloadListeners) listener();
        break;
      }
      case "reload":
        if (frame.cursor) this.cursor = frame.cursor;
        for (const listener of this.reloadListeners) listener();
        break;
      case "event": {
        if (frame.cursor) this.cursor = frame.cursor;
        frameLog.append(frame);
        this.emit(frame);
        break;
      }
      case "signal":
        for (const listener of this.signalListeners) listener(frame);
        break;
      case "bye":
        if (frame.reason === "signed_out" || frame.reason === "auth")
          for (const listener of this.byeListeners) listener(frame.reason);
        break;
      default:
        break;
    }
  }

  private emit(frame: Frame): void {
    for (const listener of this.listeners.get("*") ?? []) listener(frame);
    for (const listener of this.listeners.get(frame.type) ?? []) listener(frame);
  }

  private heartbeat(seconds: number): void {
    clearInterval(this.beat);
    this.lastHeard = Date.now();
    this.beat = setInterval(() => {
      // Nothing heard for two beats although we asked: the line is dead even if the browser has not noticed.
      if (Date.now() - this.lastHeard > seconds * 2300) {
        const dead = this.socket;
        this.socket = null;
        dead?.close();
        clearInterval(this.beat);
        useConnection.setState({ state: "offline", since: Date.now() });
        this.connect();
      } else this.say({ op: "ping" });
    }, seconds * 1000);
  }

  private say(frame: Record<string, unknown>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  on<K extends EventType>(type: K, listener: (data: EventData[K], frame: Frame) => void): () => void {
    return this.subscribe(type, (frame) => listener(frame.data as EventData[K], frame));
  }

  onAny(listener: Listener): () => void {
    return this.subscribe("*", listener);
  }

  private subscribe(type: EventType | "*", listener: Listener): () => void {
    const set = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, set);
    set.add(listener);
    return () => void set.delete(listener);
  }

  onSignal(listener: SignalListener): () => void {
    this.signalListeners.add(listener);
    return () => void this.signalListeners.delete(listener);
  }

  /** Everything cached may be out of date: fetch it again. */
  onReload(listener: () => void): () => void {
    this.reloadListeners.add(listener);
    return () => void this.reloadListeners.delete(listener);
  }

  onBye(listener: (reason: string) => void): () => void {
    this.byeListeners.add(listener);
    return () => void this.byeListeners.delete(listener);
  }

  /** Ask for the full messages of a conversation that is not mine, until the returned function is called. */
  watch(id: Id): () => void {
    this.watched.set(id, (this.watched.get(id) ?? 0) + 1);
    this.say({ op: "watch", conversation_ids: [...this.watched.keys()] });
    return () => {
      const left = (this.watched.get(id) ?? 1) - 1;
      if (left > 0) this.watched.set(id, left);
      else this.watched.delete(id);
      this.say({ op: "watch", conversation_ids: [...this.watched.keys()] });
    };
  }

  setViewing(id: Id | null): void {
    this.viewing = id;
    this.say({ op: "viewing", conversation_id: id });
  }

  typing(conversationId: Id, on: boolean): void {
    this.say({ op: "typing", conversation_id: conversationId, on });
  }
}

export const realtime = new RealtimeClient();
