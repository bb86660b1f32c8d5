import { expect, test } from "bun:test";
import { OwnTurns } from "../../src/server/base/own-turns.ts";

test("lists of one user run one at a time and in order; other users do not wait, and a failure ends one list only", async () => {
  const turns = new OwnTurns();
  const under = new Map<number, number>();
  let most = 0;
  const order: string[] = [];
  const ask = (userId: number, name: string) =>
    turns.run(userId, async () => {
      const now = (under.get(userId) ?? 0) + 1;
      under.set(userId, now);
      most = Math.max(most, now);
      await Bun.sleep(2);
      under.set(userId, now - 1);
      order.push(name);
      if (name === "ann 1") throw new Error("on purpose");
      return name;
    });
  const asked = Array.from({ length: 5 }, (_, i) => ask(1, `ann ${i}`).catch((error: Error) => error.message));
  const bob = ask(2, "bob");
  expect(await bob).toBe("bob");
  expect(await Promise.all(asked)).toEqual(["ann 0", "on purpose", "ann 2", "ann 3", "ann 4"]);
  expect(most).toBe(1);
  // Bob came last and did not wait.
  expect(order.indexOf("bob")).toBeLessThan(2);
});
