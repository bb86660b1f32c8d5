import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { Client } from "../support/client.ts";
import { inEachMode, modes } from "../support/modes.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { closeOf, range } from "./frames.ts";

setDefaultTimeout(60_000);

const CLOSE = 8;
const NORMALLY = new Uint8Array([1000 >> 8, 1000 & 0xff]);

inEachMode("who sends and leaves at once has sent", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;

  beforeAll(async () => {
    [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
  });

  /** Says all of it without waiting for the greeting or any answer, and leaves. */
  async function sayAndLeave(client: Client, path: string, frames: object[]) {
    const socket = await RawSocket.connect(client, path);
    for (const frame of frames) socket.send(JSON.stringify(frame));
    socket.send(NORMALLY, CLOSE);
    await socket.ended;
  }
  const contentsOf = async (id: string): Promise<string[]> => {
    const { body } = await ann.get(`/api/chat/conversations/${id}/messages/?mark_read=false`);
    return body.data.messages.map((message: { content: string }) => message.content);
  };
  async function eventually(read: () => Promise<unknown>, expected: unknown) {
    const end = performance.now() + 15_000;
    while (performance.now() < end && !Bun.deepEquals(await read(), expected)) await Bun.sleep(20);
    expect(await read()).toEqual(expected);
  }

  for (const [name, pathOf] of [
    ["/ws/chat/{id}/", (id: string) => `/ws/chat/${id}/`],
    ["/ws/", () => "/ws/"],
  ] as const)
    test(`on ${name}: messages, an edit, a deletion and a read position take effect after the socket has left`, async () => {
      const { id } = await ann.conversation([bob, cat], `leaving ${name}`);
      const texts = range(1, 20).map((n) => `text ${n}`);
      await sayAndLeave(
        bob,
        pathOf(id),
        texts.map((content) => ({ type: "message", conversation_id: id, content })),
      );
      await eventually(() => contentsOf(id), texts);
      const { body } = await bob.get(`/api/chat/conversations/${id}/messages/?mark_read=false`);
      const [first, second] = body.data.messages;
      await sayAndLeave(bob, pathOf(id), [
        { type: "edit", conversation_id: id, message_id: first.id, content: "changed" },
        { type: "delete", conversation_id: id, message_id: second.id },
      ]);
      await eventually(() => contentsOf(id), ["changed", "", ...texts.slice(2)]);
      await sayAndLeave(ann, pathOf(id), [{ type: "read", conversation_id: id, seq: 20 }]);
      const unread = async () => (await ann.get(`/api/chat/conversations/${id}/`)).body.data.unread_count;
      await eventually(unread, 0);
    });

  test("a stranger's frames before leaving store nothing", async () => {
    const { id } = await ann.conversation([bob], "closed");
    await sayAndLeave(cat, "/ws/", [{ type: "message", conversation_id: id, content: "let me in" }]);
    await ann.send(id, "after");
    expect(await contentsOf(id)).toEqual(["after"]);
  });
});

describe.skipIf(!modes.includes("postgres"))("a client that the server has sent away", () => {
  test("has no effect with frames that were not handled yet", async () => {
    const server = await startTestServer("postgres");
    const database = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1 });
    try {
      const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
      const { id } = await ann.conversation([bob]);
      const first = await bob.send(id, "first");
      const phone = await new Client(server.url).logIn(bob.user?.email ?? "");
      const socket = await phone.chat(id);
      await database.begin(async (sql) => {
        await sql`SELECT 1 FROM conversations WHERE id = ${id} FOR UPDATE`;
        // A frame after an edit waits for it.
        socket.send({ type: "edit", message_id: first.id, content: "changed" });
        socket.send({ type: "message", content: "too late" });
        const waiting = () => sql`SELECT FROM pg_locks WHERE NOT granted`;
        while ((await waiting()).length === 0) await Bun.sleep(5);
        expect((await phone.post("/api/users/logout/")).status).toBe(200);
        expect((await closeOf(socket)).code).toBe(4401);
      });
      await ann.send(id, "after");
      const { body } = await ann.get(`/api/chat/conversations/${id}/messages/`);
      expect(body.data.messages.map((message: { content: string }) => message.content)).toEqual(["changed", "after"]);
    } finally {
      await database.end();
      await server.stop();
    }
  });
});
