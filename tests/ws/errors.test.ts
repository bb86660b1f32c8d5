import { beforeAll, beforeEach, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { withServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { closeOf, range } from "./frames.ts";

const EMPTY = "Message content cannot be empty";
const TOO_LONG = "Message content cannot exceed 5000 characters";
const INVALID = "Message content contains invalid characters";
const FRAME_BYTES_MAX = 64 * 1024;

inEachMode("a frame that can't be done is answered with an error", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let conversationId: string;
  let a: Socket;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    conversationId = (await ann.conversation([bob])).id;
  });
  beforeEach(async () => {
    a = await ann.chat(conversationId);
  });

  const countMessages = async () =>
    (await ann.get(`/api/chat/conversations/${conversationId}/`)).body.data.message_count;

  /** Sends one frame; it must get one error, change nothing and leave the socket open. */
  async function errorOf(frame: unknown) {
    const before = await countMessages();
    a.send(frame);
    const error = await a.next("error");
    expect(error.conversation_id).toBe(conversationId);
    await a.settled();
    expect(await countMessages()).toBe(before);
    return error;
  }

  test("not a JSON object: Invalid message format", async () => {
    for (const frame of ["", "hello", "{", '{"content":}', "[]", "null", "1"])
      expect(await errorOf(frame)).toMatchObject({ message: "Invalid message format", code: "invalid_format" });
    a.close();
  });

  test("an unknown type: Unknown message type, with the frame's ref and client_id", async () => {
    const types = ["nonsense", "", null, 1, {}, "__proto__", "constructor", "toString"];
    for (const type of types) {
      const error = await errorOf({ type, content: "x", ref: "r", client_id: "c" });
      expect(error).toMatchObject({ message: "Unknown message type", code: "unknown_type", ref: "r", client_id: "c" });
    }
    a.close();
  });

  test("subscribe belongs to the socket of all conversations", async () => {
    for (const type of ["subscribe", "unsubscribe"])
      expect((await errorOf({ type, conversation_id: conversationId })).message).toBe("Unknown message type");
    a.close();
  });

  test("each fault of a content has its text, and the client_id and ref come back", async () => {
    const faults: [unknown, string][] = [
      ["", EMPTY],
      [" \n\t\u00a0\u3000 ", EMPTY],
      ["\u200b\u2060\u3164", EMPTY],
      ["\u2800\u202e\u0301", EMPTY],
      [undefined, EMPTY],
      [null, EMPTY],
      [7, EMPTY],
      [["x"], EMPTY],
      ["x".repeat(5001), TOO_LONG],
      ["👍".repeat(5001), TOO_LONG],
      ["a\0b", INVALID],
      ["\0", INVALID],
    ];
    for (const [content, message] of faults) {
      const error = await errorOf({ type: "message", content, client_id: "c", ref: "r" });
      expect(error).toMatchObject({ message, code: "validation_failed", client_id: "c", ref: "r" });
    }
    for (const lone of ["\\ud800", "x\\udc00", "\\udc00\\ud800"])
      expect((await errorOf(`{"content":"${lone}"}`)).message).toBe(INVALID);
    a.close();
  });

  test("the longest contents are accepted", async () => {
    for (const content of ["x".repeat(5000), ` ${"👍".repeat(5000)} `]) {
      a.send({ content });
      expect((await a.next("message")).message.content).toBe(content.trim());
    }
    a.close();
  });

  test("an invalid client_id is refused", async () => {
    for (const client_id of ["", "x".repeat(65), "ümlaut", "a\nb", 1, null, {}])
      expect((await errorOf({ content: "x", client_id })).code).toBe("validation_failed");
    a.send({ content: "x", client_id: "~ ".repeat(32) });
    expect((await a.next("ack")).client_id).toBe("~ ".repeat(32));
    a.close();
  });

  test("a ref that is too long or no text is refused and not echoed", async () => {
    for (const ref of ["r".repeat(65), 1, {}, null]) {
      const error = await errorOf({ type: "ping", ref });
      expect([error.code, error.ref]).toEqual(["validation_failed", undefined]);
    }
    a.send({ type: "ping", ref: "r".repeat(64) });
    expect((await a.next("pong")).ref).toBe("r".repeat(64));
    a.close();
  });

  test("numbers that are too large, negative or not numbers are refused", async () => {
    const frames = ["1e999", "-1", "1.5", '"1"', "9007199254740993", "1e300", "null", "true", "[]"].flatMap(
      (number) => [
        `{"type":"read","seq":${number}}`,
        ...["before", "after", "around"].map((name) => `{"type":"history","${name}_seq":${number}}`),
      ],
    );
    for (const frame of [...frames, '{"type":"history","limit":0}', '{"type":"history","limit":1e999}'])
      expect((await errorOf(frame)).code).toBe("validation_failed");
    a.close();
  });

  test("the largest number is accepted", async () => {
    const { id } = await ann.conversation([bob, await server.person()]);
    const socket = await ann.chat(id);
    await ann.send(id, "only one");
    socket.send({ type: "read", seq: Number.MAX_SAFE_INTEGER });
    socket.send({ type: "history", before_seq: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER, ref: "h" });
    expect((await socket.next("history")).messages).toHaveLength(1);
    expect(socket.all("error")).toEqual([]);
    socket.close();
  });

  test("edit and delete refuse a message that is invalid, unknown, another's, gone or in another conversation", async () => {
    const other = await ann.conversation([await server.person()]);
    const elsewhere = await ann.send(other.id, "elsewhere");
    const bobs = await bob.send(conversationId, "Bob's");
    const gone = await ann.send(conversationId, "gone");
    await ann.delete(`/api/chat/conversations/${conversationId}/messages/${gone.id}/`);
    const edit = async (message_id: unknown, content = "new") =>
      (await errorOf({ type: "edit", message_id, content, ref: "r" })).code;
    expect(await edit("no id")).toBe("validation_failed");
    expect(await edit(undefined)).toBe("validation_failed");
    expect(await edit(crypto.randomUUID())).toBe("not_found");
    expect(await edit(elsewhere.id)).toBe("not_found");
    expect(await edit(bobs.id)).toBe("not_the_sender");
    expect(await edit(gone.id)).toBe("message_deleted");
    expect(await edit(bobs.id, " ")).toBe("validation_failed");
    expect(await errorOf({ type: "delete", message_id: bobs.id, ref: "r" })).toMatchObject({
      code: "not_the_sender",
      ref: "r",
    });
    expect((await errorOf({ type: "delete", message_id: elsewhere.id })).code).toBe("not_found");
    a.close();
  });

  test("a field named __proto__ or constructor is nothing special", async () => {
    a.send('{"__proto__":{"type":"ping","content":"polluted"},"constructor":{"prototype":{"x":1}},"content":"as is"}');
    expect((await a.next("message")).message.content).toBe("as is");
    expect(await errorOf('{"__proto__":{"content":"polluted"}}')).toMatchObject({ message: EMPTY });
    expect(Object.hasOwn(Object.prototype, "content") || Object.hasOwn(Object.prototype, "x")).toBe(false);
    a.close();
  });

  test("deep nesting is answered, alone or as an unknown field", async () => {
    const depth = 30_000;
    const nested = "[".repeat(depth) + "]".repeat(depth);
    expect((await errorOf(nested)).message).toBe("Invalid message format");
    expect((await errorOf("[".repeat(FRAME_BYTES_MAX))).message).toBe("Invalid message format");
    expect((await errorOf(`{"content":${nested}}`)).message).toBeOneOf([EMPTY, "Invalid message format"]);
    a.send(`{"type":"ping","ref":"deep","more":${"[".repeat(500)}${"]".repeat(500)}}`);
    expect((await a.next("pong")).ref).toBe("deep");
    a.close();
  });

  test("a binary frame is no JSON object, whatever it holds", async () => {
    a.raw.send(Buffer.from('{"content":"in binary"}'));
    expect((await a.next("error")).message).toBe("Invalid message format");
    await a.settled();
    expect(a.all("message")).toEqual([]);
    a.close();
  });

  test("ten frames that are unparsable or unknown close the socket with 1008", async () => {
    for (let n = 0; n < 10; n++) a.send(n % 2 ? "no JSON" : { type: "nonsense" });
    expect((await closeOf(a)).code).toBe(1008);
    expect(a.all("error").length).toBeGreaterThanOrEqual(9);
  });

  test("nine of them don't close it, even with good frames between", async () => {
    for (let n = 0; n < 9; n++) {
      a.send("no JSON");
      await a.settled();
    }
    a.send({ content: "still here" });
    expect((await a.next("message")).message.content).toBe("still here");
    a.close();
  });

  test("errors of content never close the socket", async () => {
    const bad = [{ content: "" }, { content: "x".repeat(5001) }, { type: "read", seq: -1 }, { type: "edit" }];
    for (let n = 0; n < 100; n++) a.send(bad[n % bad.length]);
    await a.until(() => a.all("error").length === 100);
    await a.settled();
    a.close();
  });

  test("a frame of 64 KiB is taken", async () => {
    const frame = { content: "as large as may be", padding: "" };
    frame.padding = "x".repeat(FRAME_BYTES_MAX - JSON.stringify(frame).length);
    expect(JSON.stringify(frame)).toHaveLength(FRAME_BYTES_MAX);
    a.send(frame);
    expect((await a.next("message")).message.content).toBe(frame.content);
    a.close();
  });

  test("a frame of one byte more closes the socket with 1009", async () => {
    const before = await countMessages();
    a.send(JSON.stringify({ content: "too large" }).padEnd(FRAME_BYTES_MAX + 1));
    expect((await closeOf(a)).code).toBe(1009);
    expect(await countMessages()).toBe(before);
  });

  test("a frame that is no UTF-8 closes its socket and affects no other", async () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
    ]) {
      const raw = await RawSocket.connect(ann, `/ws/chat/${conversationId}/`);
      await raw.until((frames) => frames.length === 1);
      raw.send(Uint8Array.from([...Buffer.from('{"content":"'), ...bytes, ...Buffer.from('"}')]));
      await raw.ended;
    }
    await a.settled();
    expect(a.all("message")).toEqual([]);
    a.close();
  });

  test("frames sent before the greeting are answered in order, after it", async () => {
    const raw = await RawSocket.connect(ann, `/ws/chat/${conversationId}/`);
    for (const n of range(1, 20)) raw.send(JSON.stringify({ type: "ping", ref: `${n}` }));
    await raw.until((frames) => frames.length >= 21);
    const [greeting, ...pongs] = raw.frames;
    expect(greeting.type).toBe("connection_established");
    expect(pongs.map((pong) => pong.ref)).toEqual(range(1, 20).map(String));
    raw.terminate();
  });
});
