import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

inEachMode("two people chat over sockets", (mode) => {
  let server: TestServer;
  let ann: Client;
  let bob: Client;
  let conversationId: string;

  beforeAll(async () => {
    server = await startTestServer(mode);
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    conversationId = (await ann.conversation([bob])).id;
  });
  afterAll(() => server.stop());

  test("a message reaches both, the sender included, and is acked", async () => {
    const [a, b] = [await ann.chat(conversationId), await bob.chat(conversationId)];
    a.send({ type: "message", content: "Hello, world!", client_id: "one" });
    const ack = await a.next("ack");
    const seen = await b.next("message");
    expect(await a.next("message")).toEqual(seen);
    expect(seen.message).toMatchObject({
      content: "Hello, world!",
      sender_id: ann.id,
      sender_name: "Ann Tester",
      client_id: "one",
    });
    expect(ack).toMatchObject({
      client_id: "one",
      id: seen.message.id,
      seq: seen.message.seq,
      version: seen.message.version,
    });
    a.close();
    b.close();
  });

  test("200 frames sent in one go come out in order, with dense seq", async () => {
    const [a, b] = [await ann.chat(conversationId), await bob.chat(conversationId)];
    const contents = Array.from({ length: 200 }, (_, i) => `in one go ${i}`);
    for (const content of contents) a.send({ content });
    await b.until(() => b.all("message").length === 200);
    const messages = b.all("message").map((frame) => frame.message);
    expect(messages.map((message) => message.content)).toEqual(contents);
    const first = messages[0].seq;
    expect(messages.map((message) => message.seq)).toEqual(contents.map((_, i) => first + i));
    a.close();
    b.close();
  });
});
