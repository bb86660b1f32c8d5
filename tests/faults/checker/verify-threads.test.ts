import { expect, test } from "bun:test";
import type { History, Send } from "./history.ts";
import { nothingOfThreadsAfterLeaving } from "./verify-threads.ts";

const [ANN, BOB] = [1, 2];
const asked = { node: 0, outcome: "ok" as const };

/** Bob is removed at 100, and gets a reply of the thread long after that. */
const recorded = (): History => ({
  operations: [
    { ...asked, kind: "members", person: ANN, conversation: "room", removed: BOB, invokedAt: 100, endedAt: 110 },
    {
      ...{ ...asked, kind: "send", person: ANN, conversation: "thread", invokedAt: 30_000, endedAt: 30_010 },
      ...{ content: "1", clientId: "key", connection: undefined, result: { id: "id 1", seq: 1 } },
    },
  ],
  streams: [
    {
      ...{
        connection: "bob#1@0",
        person: BOB,
        device: "bob",
        node: 0,
        conversation: "thread",
        askedAt: 0,
        greetedAt: 0,
      },
      ...{ after: { version: 0, tag: undefined }, greeted: 0, resets: [] },
      frames: [
        {
          ...{ at: 30_020, version: 1, tag: "id 1" },
          change: {
            kind: "message",
            message: { id: "id 1", seq: 1, senderId: ANN, content: "1", deleted: false },
          },
        },
      ],
    },
  ],
  faults: [],
  threads: new Map([["thread", "room"]]),
  reconnects: 0,
  oddities: [],
});
const found = (history: History) => [...nothingOfThreadsAfterLeaving(history)].length;

test("the check of threads finds a reply that somebody got after their removal", () => {
  expect(found(recorded())).toBe(1);
});

test("the check of threads forgives a removal that the database lost when it went back", () => {
  const wentBack = { kind: "a copy", copiedAt: 50, diedAt: 1_000, bornAt: 1_050, kept: new Map() };
  expect(found({ ...recorded(), wentBack })).toBe(0);
  expect(found({ ...recorded(), wentBack: { ...wentBack, copiedAt: 200 } })).toBe(1);
});

test("the check of threads takes the time of the first try, whose answer may be lost", () => {
  const history = recorded();
  const lost: Send = {
    ...{ ...asked, kind: "send", person: ANN, conversation: "thread", invokedAt: 90, endedAt: 95, outcome: "unknown" },
    ...{ content: "1", clientId: "key", connection: undefined },
  };
  expect(found({ ...history, operations: [lost, ...history.operations] })).toBe(0);
});
