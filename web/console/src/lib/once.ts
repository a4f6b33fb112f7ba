const plain = (value: unknown): boolean =>
  value === null ||
  typeof value !== "object" ||
  (Array.isArray(value)
    ? value.every(plain)
    : Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(plain));

/** Whether two calls ask for the same: the same thing, or plain data that reads the same. Files and the like never are. */
export const alike = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) ||
  (typeof a === "object" &&
    typeof b === "object" &&
    plain(a) &&
    plain(b) &&
    JSON.stringify(a) === JSON.stringify(b));

/**
 * What is under way now. Asked for the same again (a second click, before the button shows that it is busy), it gives
 * what is under way instead of doing it twice.
 */
export class Once<A, R> {
  private readonly running: { asked: A; done: Promise<R> }[] = [];

  find(asked: A): Promise<R> | undefined {
    return this.running.find((one) => alike(one.asked, asked))?.done;
  }

  run(asked: A, act: () => Promise<R>): Promise<R> {
    const known = this.find(asked);
    if (known) return known;
    const one = { asked, done: act() };
    this.running.push(one);
    const over = () => void this.running.splice(this.running.indexOf(one), 1);
    one.done.then(over, over);
    return one.done;
  }
}
