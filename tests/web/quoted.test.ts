import { expect, test } from "bun:test";
import type { SentMessage } from "../../src/sdk/index.ts";
import { quotedBy } from "../../src/web/chat/messages/parts/quoted.ts";

const message = (seq: number, content: string, reply_to?: SentMessage["reply_to"]): SentMessage => ({
  id: `id ${seq}`,
  key: `key ${seq}`,
  conversation_id: "c",
  seq,
  version: seq,
  sender_id: seq,
  sender_name: `Person ${seq}`,
  sender_email: "",
  content,
  created_at: "2026-11-29T12:00:00Z",
  timestamp: 0,
  state: "sent",
  ...(reply_to && { reply_to }),
});

test("a quote that came without its text has it from the quoted message, if that is here", () => {
  const messages = [message(1, "the **first** one")];
  const bare = message(2, "an answer", { id: "id 1", seq: 1 });
  expect(quotedBy(bare, { messages })).toMatchObject({ seq: 1, sender_name: "Person 1", excerpt: "the first one" });
  expect(quotedBy(bare, { messages: [] })).toEqual({ id: "id 1", seq: 1 });
});

test("the server's own quote wins, also when it says that the message is gone", () => {
  const messages = [message(1, "before")];
  const told = { id: "id 1", seq: 1, sender_id: 1, sender_name: "Person 1", excerpt: "after" };
  expect(quotedBy(message(2, "an answer", told), { messages })).toBe(told);
  const gone = { id: "id 1", seq: 1, excerpt: "", deleted: true } as const;
  expect(quotedBy(message(2, "an answer", gone), { messages })).toBe(gone);
});
