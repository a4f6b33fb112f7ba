import { expect, test } from "vitest";
import { alike, Once } from "./once";

test("the same asked for while it is under way is done once, and again when it is over", async () => {
  const once = new Once<unknown, number>();
  let done = 0;
  let finish = () => {};
  const act = () =>
    new Promise<number>((resolve) => {
      finish = () => resolve(++done);
    });
  const first = once.run({ id: 1, tags: ["a"] }, act);
  expect(once.run({ id: 1, tags: ["a"] }, act)).toBe(first);
  expect(once.find({ id: 2, tags: ["a"] })).toBeUndefined();
  finish();
  expect(await first).toBe(1);
  const again = once.run({ id: 1, tags: ["a"] }, act);
  finish();
  expect(await again).toBe(2);
});

test("a failure leaves nothing under way", async () => {
  const once = new Once<string, never>();
  await expect(once.run("x", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(once.find("x")).toBeUndefined();
});

test("files are never the same, however they read", () => {
  expect(alike({ file: new Blob(["a"]) }, { file: new Blob(["b"]) })).toBe(false);
  expect(alike(undefined, undefined)).toBe(true);
  expect(alike({ a: null }, { a: null })).toBe(true);
});
