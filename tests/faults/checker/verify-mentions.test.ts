import { expect, test } from "bun:test";
import type { SettingsView, TrueConversation, Truth } from "./history.ts";
import { mentionsAtRest } from "./verify-mentions.ts";

const [ANN, BOB] = [1, 2];
const [ROOM, THREAD] = ["room", "thread"];

const said = (seq: number, senderId: number, content: string, mentions?: { user_ids: number[]; scope?: "all" }) => ({
  ...{ id: `id ${seq}`, seq, version: seq, senderId, clientId: null, content, deleted: false },
  ...(mentions && { extras: { mentions: { scope: undefined, ...mentions } } }),
});

/** An edit of message 2 mentions Bob after message 3 mentioned everybody. He follows the thread from message 1 on. */
function recorded(bob?: { says: number }): Truth {
  const thread: TrueConversation = {
    ...{ lastSeq: 4, lastVersion: 5, changes: [], members: new Map([[BOB, 1]]) },
    messages: [
      said(1, ANN, "hello"),
      bob?.says === 2 ? said(2, BOB, "mine") : said(2, ANN, `<@${BOB}>`, { user_ids: [BOB] }),
      said(3, ANN, "<!all>", { user_ids: [], scope: "all" }),
      bob?.says === 4 ? said(4, BOB, "mine") : said(4, ANN, "more"),
    ],
  };
  const room: TrueConversation = {
    ...thread,
    lastSeq: 0,
    messages: [],
    members: new Map([ANN, BOB].map((id) => [id, 0])),
  };
  return {
    conversations: new Map([
      [ROOM, room],
      [THREAD, thread],
    ]),
    ...{ views: [], replicas: [], threads: new Map([[THREAD, ROOM]]) },
    marks: new Map([[THREAD, { reactions: [], pins: [], votes: [], mentions: [] }]]),
  };
}

/** The faults that the check finds when a node tells Bob of so many mentions, and these messages have rows. */
function faults(truth: Truth, told: number, rows: number[] = []): number {
  truth.marks?.get(THREAD)?.mentions.push(...rows.map((seq) => ({ seq, person: BOB })));
  const unread = { conversations: 0, messages: 0, mentions: 0, marked: 0 };
  const view: SettingsView = {
    ...{ node: 0, person: BOB, listed: new Map(), unread, replayed: [] },
    mentions: new Map([[THREAD, told]]),
  };
  truth.settings = { entries: new Map(), updatedMs: new Map(), readMs: 0, views: [view], copies: [] };
  return [...mentionsAtRest(truth)].length;
}

test("the check of mentions believes that everybody in a thread did not mean somebody who followed it later", () => {
  expect(faults(recorded(), 1, [2])).toBe(0);
  expect(faults(recorded({ says: 4 }), 1, [2])).toBe(0);
  expect(faults(recorded(), 2, [2, 3])).toBe(0);
});

test("the check of mentions finds a mention of everybody that is not counted for somebody who had answered before", () => {
  expect(faults(recorded({ says: 2 }), 1, [3])).toBe(0);
  expect(faults(recorded({ says: 2 }), 0)).toBe(1);
});

test("the check of mentions finds counts that differ from the messages", () => {
  expect(faults(recorded(), 0, [2])).toBe(1);
  expect(faults(recorded(), 2, [2])).toBe(1);
});
