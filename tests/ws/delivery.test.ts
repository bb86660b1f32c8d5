import { expect, test } from "bun:test";
import pino from "pino";
import type { Message } from "../../src/protocol/messages.ts";
import { type Change, changeEvent } from "../../src/server/log/changes.ts";
import type { MessageLog } from "../../src/server/log/log.ts";
import { RUN_MAX, Run } from "../../src/server/log/runs.ts";
import { Delivery } from "../../src/server/ws/delivery.ts";
import { Room } from "../../src/server/ws/room.ts";
import type { RoomSubscription } from "../../src/server/ws/room-parts.ts";

const conversationId = crypto.randomUUID();
const messageOf = (seq: number): Message => ({
  id: `message ${seq}`,
  conversation_id: conversationId,
  sender_id: 1,
  sender_name: "Ann Example",
  sender_email: "ann@example.com",
  // Texts that look like the parts of a frame.
  content: '","change":{},"message":{"',
  timestamp: 0,
  created_at: "2026-01-01T00:00:00.000Z",
  seq,
  version: seq,
});
const step = (version: number) => ({ conversationId, version, tag: crypto.randomUUID(), lastSeq: 9 });
const mark = (version: number, seq = 1, user_id = version): Change => ({
  ...step(version),
  kind: "message_edited",
  message: messageOf(seq),
  change: { kind: "reaction", user_id, emoji: "👍", on: true },
});
const edit = (version: number): Change => ({ ...step(version), kind: "message_edited", message: messageOf(1) });

/** A delivery with one socket, which accepts ranges, and the frames that went out. */
function open() {
  const plain: number[] = [];
  const ranged: { from?: number; version: number; changes?: { user_id: number }[]; message: { id: string } }[] = [];
  const delivery = new Delivery({
    publish: (frame) => void plain.push(JSON.parse(frame).version),
    publishRange: (frame) => void ranged.push(JSON.parse(frame)),
  });
  delivery.enter();
  const deliver = (...changes: Change[]) => {
    for (const change of changes) delivery.deliver(changeEvent(change));
  };
  const spans = () => ranged.map(({ from, version }) => [from ?? version, version]);
  return { delivery, deliver, plain, ranged, spans };
}

test("the first mark goes out at once, and those within a tick go out together at its end", async () => {
  const { deliver, plain, ranged, spans } = open();
  deliver(mark(1), mark(2), mark(3), mark(4));
  expect(spans()).toEqual([[1, 1]]);
  expect(plain).toEqual([1, 2, 3, 4]);
  await Bun.sleep(80);
  expect(spans()).toEqual([
    [1, 1],
    [2, 4],
  ]);
  expect(ranged[1]?.changes?.map(({ user_id }) => user_id)).toEqual([2, 3, 4]);
  expect(ranged[1]?.message).toEqual(messageOf(1));
  deliver(mark(5));
  expect(spans()).toHaveLength(3);
});

test("a mark on another message, an edit and any other change end a run, in their order", () => {
  const { deliver, delivery, ranged, spans } = open();
  deliver(mark(1), mark(2), mark(3), mark(4, 2), mark(5, 2), edit(6), mark(7), mark(8));
  delivery.flush();
  expect(spans()).toEqual([
    [1, 1],
    [2, 3],
    [4, 5],
    [6, 6],
    [7, 8],
  ]);
  expect(ranged.map(({ message }) => message.id)).toEqual([1, 1, 2, 1, 1].map((seq) => `message ${seq}`));
});

test("a run has no hole and no more than its most changes", () => {
  const { deliver, delivery, spans } = open();
  deliver(mark(1), mark(2), mark(4));
  delivery.flush();
  expect(spans()).toEqual([
    [1, 1],
    [2, 2],
    [4, 4],
  ]);
  const run = new Run();
  const taken = Array.from({ length: RUN_MAX + 1 }, (_, i) => run.take(changeEvent(mark(5 + i))));
  expect(taken.indexOf(false)).toBe(RUN_MAX);
  expect(JSON.parse(run.merged()?.frame ?? "").changes).toHaveLength(RUN_MAX);
});

test("a run goes out before a socket joins, and nothing is kept when the last one has left", async () => {
  const { deliver, delivery, spans } = open();
  deliver(mark(1), mark(2), mark(3));
  delivery.enter();
  expect(spans().at(-1)).toEqual([2, 3]);
  deliver(mark(4));
  delivery.leave();
  delivery.leave();
  deliver(mark(5));
  await Bun.sleep(80);
  expect(spans().at(-1)).toEqual([2, 3]);
  delivery.enter();
  deliver(mark(6));
  expect(spans().at(-1)).toEqual([6, 6]);
});

test("a member who leaves gets the run before their removal", async () => {
  const told: string[] = [];
  const head = { lastSeq: 9, lastVersion: 0, tag: null, prunedSeq: 0, participantCount: 2, epoch: "", parentId: null };
  const log: Pick<MessageLog, "head"> = { head: async () => head };
  const room = new Room(
    conversationId,
    log as MessageLog,
    {
      subscribe: async () => {},
      publish() {},
      publishRange: (frame) => void told.push(`${JSON.parse(frame).version}`),
      filled() {},
      standing: async () => undefined,
      contradicted() {},
      gone() {},
      broken() {},
    },
    pino({ level: "silent" }),
  );
  await room.started;
  const leaving: RoomSubscription = {
    userId: 7,
    socket: { send() {}, isSlow: false, restart() {} },
    live: true,
    expel: () => void told.push("leaves"),
    admit() {},
    readmit() {},
    end() {},
  };
  room.subscriptions.add(leaving);
  room.delivery.enter();
  for (const version of [1, 2, 3]) room.receive(changeEvent(mark(version)));
  const removal: Change = { ...step(4), kind: "members_removed", added: [], removed: [7], name: null };
  room.receive(changeEvent(removal));
  expect(told).toEqual(["1", "3", "leaves", "4"]);
  room.close();
});
