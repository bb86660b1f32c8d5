import { describe, expect, test } from "bun:test";
import type { PasswordCaller } from "../../src/server/base/caller.ts";
import { FairQueue } from "../../src/server/base/fair-queue.ts";

const from = (wide: string, network: string, isProven = false): PasswordCaller => ({
  address: network,
  network: `${wide} ${network}`,
  wide,
  isProven,
});

/** The names of those who wait, in the order in which they get their turns. */
function drain(queue: FairQueue<string>): string[] {
  const served: string[] = [];
  while (queue.size > 0) served.push(queue.next() ?? "nobody");
  return served;
}

describe("the queue for passwords", () => {
  test("lets wide networks take turns, and the networks in each", () => {
    const queue = new FairQueue<string>();
    for (const name of ["a1", "a2", "a3"]) queue.add(from("a", "1"), name);
    queue.add(from("a", "2"), "a4");
    queue.add(from("b", "1"), "b1");
    queue.add(from("b", "1"), "b2");
    expect(drain(queue)).toEqual(["a1", "b1", "a4", "b2", "a2", "a3"]);
  });

  test("serves callers with proof first, and after four of them one without", () => {
    const queue = new FairQueue<string>();
    for (const name of ["u1", "u2"]) queue.add(from("a", "1"), name);
    for (const name of ["p1", "p2", "p3", "p4", "p5", "p6"]) queue.add(from("a", "1", true), name);
    expect(drain(queue)).toEqual(["p1", "p2", "p3", "p4", "u1", "p5", "p6", "u2"]);
  });

  test("sends away the last one of the busiest network of the busiest wide network", () => {
    const queue = new FairQueue<string>();
    for (const name of ["a1", "a2"]) queue.add(from("a", "1"), name);
    queue.add(from("a", "2"), "a3");
    queue.add(from("b", "1"), "b1");
    queue.add(from("b", "1"), "b2");
    const grown = from("c", "1");
    queue.add(grown, "c1");
    expect(queue.dropLast(grown)).toBe("a2");
    expect(drain(queue)).toEqual(["a1", "b1", "c1", "a3", "b2"]);
  });

  test("sends nobody with proof away while somebody without waits", () => {
    const queue = new FairQueue<string>();
    for (const name of ["p1", "p2", "p3"]) queue.add(from("a", "1", true), name);
    queue.add(from("b", "1"), "u1");
    expect(queue.dropLast(from("a", "1", true))).toBe("u1");
    expect(queue.dropLast(from("a", "1", true))).toBe("p3");
    expect(queue.size).toBe(2);
  });

  test("forgets a network when its last request is done", () => {
    const queue = new FairQueue<string>();
    for (let n = 0; n < 1_000; n++) queue.add(from(`w${n}`, "1", n % 2 === 0), String(n));
    for (let n = 0; n < 500; n++) queue.dropLast(from("w1", "1"));
    drain(queue);
    expect(queue.size).toBe(0);
    expect(queue.next()).toBeUndefined();
    expect(queue.dropLast(from("w1", "1"))).toBeUndefined();
    expect(JSON.stringify(Bun.inspect(queue, { depth: 4 })).includes("w1")).toBe(false);
  });
});
