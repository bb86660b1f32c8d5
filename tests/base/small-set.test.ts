import { expect, test } from "bun:test";
import { SmallSet } from "../../src/server/base/small-set.ts";

test("a small set has the same members as a Set, while it grows and shrinks", () => {
  const [small, set] = [new SmallSet(0), new Set([0])];
  const expectSame = () => {
    expect([...small]).toEqual([...set]);
    expect(small.size).toBe(set.size);
  };
  for (const n of [0, 1, 1, ...Array(20).keys(), 19]) {
    small.add(n);
    set.add(n);
    expectSame();
  }
  for (const n of [5, 5, 0, ...Array(20).keys(), 19]) {
    expect(small.delete(n)).toBe(set.delete(n));
    expectSame();
  }
});

test("a loop over a small set goes over all members, when some are removed meanwhile", () => {
  const small = new SmallSet(1);
  for (const n of [2, 3, 4]) small.add(n);
  const seen: number[] = [];
  for (const n of small) {
    seen.push(n);
    small.delete(n);
  }
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(small.size).toBe(0);
});
