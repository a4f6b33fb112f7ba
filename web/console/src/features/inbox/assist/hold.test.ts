import { describe, expect, it } from "vitest";
import { hold } from "./hold";

const same = (a: string[], b: string[]) => a.join() === b.join();

describe("hold", () => {
  it("shows what comes while nobody is about to click", () => {
    expect(hold(undefined, ["a"], false, same)).toEqual({ shown: ["a"], waiting: false });
    expect(hold(["a"], ["b"], false, same)).toEqual({ shown: ["b"], waiting: false });
  });

  it("keeps still under the pointer and tells that something waits", () => {
    expect(hold(["a"], ["b", "a"], true, same)).toEqual({ shown: ["a"], waiting: true });
    expect(hold(["a"], ["a"], true, same)).toEqual({ shown: ["a"], waiting: false });
    expect(hold(undefined, ["a"], true, same)).toEqual({ shown: ["a"], waiting: false });
  });

  it("keeps what was there while the next is loading or fails", () => {
    expect(hold(["a"], undefined, false, same)).toEqual({ shown: ["a"], waiting: false });
  });
});
