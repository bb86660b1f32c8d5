import { beforeEach, describe, expect, test } from "bun:test";
import { SharedReads } from "../../src/server/base/shared-reads.ts";

/** A statement that has begun and ends when told to. */
interface Statement {
  keys: string[];
  answer(): void;
  fail(error: Error): void;
}

describe("reads that share a statement", () => {
  let statements: Statement[];
  let reads: SharedReads<string, string>;
  /** Grows with each change; a statement sees what was there when it began. */
  let state: number;

  beforeEach(() => {
    statements = [];
    state = 0;
    reads = new SharedReads(String, (keys) => {
      const seen = state;
      const { promise, resolve, reject } = Promise.withResolvers<Map<string, string>>();
      const found = keys.filter((key) => key !== "nowhere").map((key) => [key, `${key} at ${seen}`] as const);
      statements.push({ keys, answer: () => resolve(new Map(found)), fail: reject });
      return promise;
    });
  });

  const settled = () => Bun.sleep(0);

  test("the first begins at once, and reads that come meanwhile share the next one, each key once", async () => {
    const first = reads.get("a");
    await settled();
    const others = [reads.get("b"), reads.get("c"), reads.get("b"), reads.get("nowhere")];
    await settled();
    expect(statements.map(({ keys }) => keys)).toEqual([["a"]]);
    statements[0]?.answer();
    expect(await first).toBe("a at 0");
    await settled();
    expect(statements.map(({ keys }) => keys)).toEqual([["a"], ["b", "c", "nowhere"]]);
    statements[1]?.answer();
    expect(await Promise.all(others)).toEqual(["b at 0", "c at 0", "b at 0", undefined]);
  });

  test("nobody is answered by a statement that began before they asked", async () => {
    const early = reads.get("a");
    await settled();
    state = 1;
    const late = reads.get("a");
    statements[0]?.answer();
    expect(await early).toBe("a at 0");
    await settled();
    statements[1]?.answer();
    expect(await late).toBe("a at 1");
  });

  test("a failing statement fails all reads that share it, and no others", async () => {
    const first = [reads.get("a"), reads.get("b")];
    await settled();
    const next = reads.get("a");
    const fault = new Error("gone");
    statements[0]?.fail(fault);
    for (const { reason } of (await Promise.allSettled(first)) as PromiseRejectedResult[]) expect(reason).toBe(fault);
    await settled();
    statements[1]?.answer();
    expect(await next).toBe("a at 0");
  });

  test("a statement that does not end holds up nobody for long", async () => {
    const stuck = reads.get("a");
    await settled();
    const next = reads.get("b");
    while (statements.length < 2) await Bun.sleep(5);
    statements[1]?.answer();
    expect(await next).toBe("b at 0");
    statements[0]?.answer();
    expect(await stuck).toBe("a at 0");
  });

  test("more keys than one statement takes are read in turn, none left out", async () => {
    const all = Array.from({ length: 2_500 }, (_, i) => reads.get(`${i}`));
    for (let i = 0; i < 3; i++) {
      await settled();
      statements[i]?.answer();
    }
    expect(await Promise.all(all)).toEqual(all.map((_, i) => `${i} at 0`));
    expect(statements.map(({ keys }) => keys.length)).toEqual([1_000, 1_000, 500]);
  });
});
