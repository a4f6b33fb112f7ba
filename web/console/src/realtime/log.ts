import type { Frame } from "./frames";

/**
 * The events of the last while, so that a snapshot that was being fetched when they arrived can be brought up to date:
 * register → snapshot → replay. Positions are local and only ever grow.
 */
export class FrameLog {
  private frames: { at: number; frame: Frame }[] = [];
  private next = 0;

  constructor(private readonly limit = 5000) {}

  position(): number {
    return this.next;
  }

  append(frame: Frame): void {
    this.frames.push({ at: this.next++, frame });
    if (this.frames.length > this.limit) this.frames.splice(0, this.frames.length - this.limit);
  }

  since(position: number): Frame[] {
    const first = this.frames.findIndex((entry) => entry.at >= position);
    return first < 0 ? [] : this.frames.slice(first).map((entry) => entry.frame);
  }
}

export const frameLog = new FrameLog();

/** Fetch a snapshot and apply what happened since the question was asked. */
export async function withReplay<D>(
  fetch: () => Promise<D>,
  reduce: (data: D, frame: Frame) => D,
  log: FrameLog = frameLog,
): Promise<D> {
  const mark = log.position();
  const snapshot = await fetch();
  return log.since(mark).reduce(reduce, snapshot);
}
