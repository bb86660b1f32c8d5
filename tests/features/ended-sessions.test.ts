import { expect, test } from "bun:test";
import { InProcessExchange } from "../../src/server/bus/memory-bus.ts";
import { publishEnded } from "../../src/server/features/accounts/ended-sessions.ts";

test("ended sessions are announced in pieces, each once", async () => {
  const bus = new InProcessExchange().connect();
  const pieces: string[][] = [];
  bus.onEvent((event) => {
    if (event.kind === "sessions_ended" && event.userId === 7) pieces.push(event.sessions.map(({ id }) => id));
  });
  const ended = Array.from({ length: 1_201 }, (_, i) => ({ id: `${i}`, key: `key ${i}` }));
  publishEnded(bus, 7, ended);
  expect(pieces.map(({ length }) => length)).toEqual([500, 500, 201]);
  expect(pieces.flat()).toEqual(ended.map(({ id }) => id));
  publishEnded(bus, 7, []);
  expect(pieces).toHaveLength(3);
  await bus.close();
});
