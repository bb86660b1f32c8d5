import { expect, test } from "bun:test";
import { createTimeline, keyOf } from "../../src/sdk/conversations/timeline.ts";
import type { Message, User } from "../../src/sdk/public/types.ts";

const me = { id: 1, full_name: "Ann" } as User;
const message = (seq: number): Message => ({
  id: `00000000-0000-4000-8000-00000000000${seq}`,
  conversation_id: "a",
  seq,
  client_id: `c${seq}`,
  sender_id: me.id,
  sender_name: me.full_name,
  sender_email: "ann@example.com",
  content: `message ${seq}`,
  timestamp: 1_767_225_600_000,
  created_at: "2026-01-01T00:00:00.000Z",
  version: seq,
});

test("a message is found by its key when another tab's echo of it is still there", () => {
  const timeline = createTimeline((shown) => shown);
  timeline.replaceAll([message(1), message(2)]);
  const { client_id, conversation_id, content, created_at } = message(1);
  const key = keyOf(message(1));
  timeline.showOutbox(
    [{ id: client_id ?? "", kind: "message", key, conversation_id, content, created_at, order: 1 }],
    me,
  );
  expect(timeline.items.filter((one) => one.key === key)).toHaveLength(2);
  expect(timeline.find(key)).toEqual(message(1));
});
