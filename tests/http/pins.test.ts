import { expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, ids } from "./expectations.ts";

inEachMode("pins", (mode) => {
  const server = withServer(mode);

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const path = `/api/chat/conversations/${id}/`;
    const pin = (message: Message, person = ann) => person.call("PUT", `${path}messages/${message.id}/pin/`);
    const unpin = (message: Message, person = ann) => person.call("DELETE", `${path}messages/${message.id}/pin/`);
    const pinned = async (person = bob) => dataOf(await person.get(`${path}pins/`)) as Message[];
    return { ann, bob, id, path, pin, unpin, pinned };
  }

  test("a message is pinned for everybody, once, and unpinned by anybody", async () => {
    const { ann, bob, id, pin, unpin, pinned } = await pair();
    const [first, second] = [await ann.send(id, "first"), await ann.send(id, "second")];
    const socket = await bob.chat(id);
    expect(await pinned()).toEqual([]);
    const data = dataOf(await pin(second), 200, "Message pinned");
    expect(data.pinned).toEqual({ user_id: ann.id, at: expect.stringMatching(/^\d{4}-.*Z$/) });
    dataOf(await pin(second, bob), 200);
    dataOf(await pin(first, bob), 200);
    expect(ids(await pinned())).toEqual([first.id, second.id]);
    expect(await socket.next("message_changed")).toMatchObject({
      version: 3,
      message: { id: second.id, pinned: { user_id: ann.id } },
      change: { kind: "pin", user_id: ann.id, on: true },
    });
    expect(await socket.next("message_changed")).toMatchObject({ version: 4, message: { id: first.id } });
    dataOf(await unpin(second, bob), 200, "Message unpinned");
    dataOf(await unpin(second, bob), 200);
    expect(await socket.next("message_changed")).toMatchObject({ version: 5, change: { kind: "pin", on: false } });
    expect(ids(await pinned())).toEqual([first.id]);
    socket.close();
  });

  test("a deleted message is unpinned", async () => {
    const { ann, id, path, pin, pinned } = await pair();
    const message = await ann.send(id, "soon gone");
    await pin(message);
    await ann.call("DELETE", `${path}messages/${message.id}/`);
    expect(await pinned()).toEqual([]);
    expectError(await pin(message), 409, { code: "message_deleted" });
  });

  test("strangers neither pin nor read pins", async () => {
    const { ann, id, path, pin } = await pair();
    const eve = await server.person("Eve");
    const message = await ann.send(id, "hello");
    expectError(await pin(message, eve), 403, { code: "not_a_participant" });
    expectError(await eve.get(`${path}pins/`), 403, { code: "not_a_participant" });
    expectError(await pin({ ...message, id: crypto.randomUUID() }), 404, { message: "Message not found" });
  });

  test("a conversation has at most 100 pins", async () => {
    const { ann, id, pin, unpin, pinned } = await pair();
    const messages = await Promise.all(Array.from({ length: 101 }, (_, i) => ann.send(id, `${i}`)));
    const answers = await Promise.all(messages.map((message) => pin(message)));
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(1);
    expect(await pinned()).toHaveLength(100);
    const refused = messages[answers.findIndex(({ status }) => status === 409)] as Message;
    expectError(await pin(refused), 409, { code: "too_many_pins" });
    const [other] = messages.filter((message) => message !== refused) as [Message];
    await unpin(other);
    dataOf(await pin(refused), 200);
  });

  test("a pin by frame is acked", async () => {
    const { ann, id } = await pair();
    const message = await ann.send(id, "hello");
    const socket = await ann.chat(id);
    socket.send({ type: "pin", message_id: message.id, on: true, ref: "p" });
    expect(await socket.next("ack")).toMatchObject({ ref: "p", id: message.id, version: 2 });
    socket.send({ type: "pin", message_id: message.id, on: "yes", ref: "q" });
    expect(await socket.next("error")).toMatchObject({ ref: "q", message: "on: Must be true or false." });
    socket.close();
  });
});
