import { expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { dataOf, expectError, expectFaults, UNKNOWN_ID } from "./expectations.ts";

setDefaultTimeout(120_000);

const path = (id: string, query = "") => `/api/chat/conversations/${id}/changes/${query}`;
const message = (id: string, messageId: string) => `/api/chat/conversations/${id}/messages/${messageId}/`;
const versions = ({ changes }: { changes: Frame[] }) => changes.map(({ version }) => version);

inEachMode("changes since you looked", (mode) => {
  const server = withServer(mode);

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    return { ann, bob, id };
  }
  const changes = async (client: Client, id: string, query = "") => dataOf(await client.get(path(id, query)));

  test("are the frames of a replay, in pages, from where you last looked", async () => {
    const { ann, bob, id } = await pair();
    const one = await ann.send(id, "one");
    await ann.send(id, "two");
    const socket = await bob.chat(id);
    expect(await changes(bob, id)).toMatchObject({ changes: [], read_seq: 0, read_version: null });
    socket.send({ type: "read", seq: 1 });
    await socket.settled();
    // The newest message that is read says how far Bob has looked, if nothing else does.
    expect(await changes(bob, id)).toMatchObject({ read_seq: 1, read_version: one.version });
    await ann.patch(message(id, one.id), { content: "one, edited" });
    const found = await changes(bob, id);
    expect(versions(found)).toEqual([one.version + 1, one.version + 2]);
    await socket.until(() => socket.all("message_changed").length === 1);
    expect(found.changes[1]).toEqual(socket.all("message_changed")[0]);
    expect(found).toMatchObject({ next: one.version + 2, tag: found.changes[1].tag, more: false });
    const half = await changes(bob, id, "?limit=1");
    expect(half).toMatchObject({ next: one.version + 1, more: true });
    const rest = await changes(bob, id, `?after_version=${half.next}&tag=${half.tag}`);
    expect(versions(rest)).toEqual([one.version + 2]);

    socket.send({ type: "read", seq: 1, version: found.next });
    socket.send({ type: "read", seq: 1, version: 1 });
    socket.send({ type: "read", seq: 1, version: 1_000 });
    await socket.settled();
    expect(await changes(bob, id)).toMatchObject({ changes: [], read_seq: 1, read_version: found.next });
    // Nobody else sees that, and Ann is told nothing when only the looking moves.
    expect(socket.all("read_position")).toEqual([]);
    socket.close();
  });

  test("are a reset after another history, or beyond the newest change", async () => {
    const { ann, id } = await pair();
    const one = await ann.send(id, "one");
    for (const query of [`?after_version=${one.version + 1}`, `?after_version=${one.version}&tag=${UNKNOWN_ID}`])
      expect(await changes(ann, id, query)).toMatchObject({ reset: true, changes: [], next: one.version });
    expectFaults(
      await ann.get(path(id, "?after_version=-1&limit=0&tag=x&wait=-1")),
      "after_version",
      "limit",
      "tag",
      "wait",
    );
    expectError(await (await server.person()).get(path(id)), 403, { code: "not_a_participant" });
    expectError(await ann.get(path(UNKNOWN_ID)), 404, { code: "not_found" });
  });

  test("are waited for, by a few requests of a user at once", async () => {
    const { ann, bob, id } = await pair();
    const { version } = await ann.send(id, "one");
    const since = performance.now();
    expect(await changes(bob, id, `?after_version=${version}&wait=1`)).toMatchObject({ changes: [], next: version });
    expect(performance.now() - since).toBeGreaterThan(900);
    const waiting = Array.from({ length: 4 }, () => changes(bob, id, `?after_version=${version}&wait=30`));
    await Bun.sleep(500);
    expectError(await bob.get(path(id, `?after_version=${version}&wait=30`)), 429, { code: "too_many_waiting" });
    await ann.send(id, "two");
    for (const found of await Promise.all(waiting)) expect(versions(found)).toEqual([version + 1]);
    expect(await changes(bob, id, `?after_version=${version + 1}&wait=1`)).toMatchObject({ changes: [] });
  });

  test("come as server-sent events that go on where the client was", async () => {
    const { ann, bob, id } = await pair();
    const one = await ann.send(id, "one");
    const stream = await listen(bob, id, `?after_version=${one.version - 1}`);
    expect((await stream.next("change")).data).toMatchObject({ type: "message", version: one.version });
    const two = await ann.send(id, "two");
    const second = await stream.next("change");
    expect(second).toMatchObject({ id: `${two.version} ${two.id}`, data: { message: { content: "two" } } });
    await stream.end();
    const three = await ann.send(id, "three");
    const again = await listen(bob, id, "", { "Last-Event-ID": second.id });
    expect((await again.next("change")).data.version).toBe(three.version);
    await again.end();
    const lost = await listen(bob, id, "", { "Last-Event-ID": `${two.version} ${UNKNOWN_ID}` });
    expect(await lost.next("reset")).toMatchObject({ id: `${three.version}`, data: { next: three.version } });
    await ann.delete(message(id, three.id));
    expect((await lost.next("change")).data).toMatchObject({ type: "message_changed", version: three.version + 1 });
    await lost.end();
  });

  test("end for a member who is removed", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob, await server.person()]);
    const stream = await listen(bob, id, "?after_version=0");
    await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
    expect((await stream.next("error")).data).toEqual({ code: "not_a_participant" });
    await stream.end();
  });
});

interface SentEvent {
  id: string;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its assertions what an event must hold
  data: any;
}

/** Opens a stream of events, as browsers read them. */
async function listen(client: Client, id: string, query: string, headers: Record<string, string> = {}) {
  const over = new AbortController();
  const response = await fetch(client.url + path(id, query), {
    headers: { Accept: "text/event-stream", Cookie: `sessionid=${client.cookie}`, ...headers },
    signal: over.signal,
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async next(event: string): Promise<SentEvent> {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const lines = text.slice(0, end).split("\n");
          text = text.slice(end + 2);
          const field = (name: string) =>
            lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
          if (field("event") === event) return { id: field("id"), event, data: JSON.parse(field("data")) };
          continue;
        }
        const piece = await reader?.read();
        if (!piece || piece.done) throw new Error(`the stream ended before ${event}: ${text}`);
        text += piece.value;
      }
    },
    async end() {
      over.abort();
      await reader?.cancel().catch(() => {});
    },
  };
}
