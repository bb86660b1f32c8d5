import { afterAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { dataOf, expectError } from "./expectations.ts";

/** The requests for each path. */
const hits: Record<string, number> = {};
const pages = Bun.serve({
  port: 0,
  // All loopback addresses lead to it. The operator of these tests allows one.
  hostname: "0.0.0.0",
  fetch(request) {
    const { pathname } = new URL(request.url);
    hits[pathname] = (hits[pathname] ?? 0) + 1;
    const title = `<title>Page ${pathname.slice(1)}</title>`;
    const more = '<meta property="og:description" content="Of &amp; on"><meta property="og:site_name" content="Site">';
    return new Response(`<!doctype html><head>${title}${more}</head><body>`, {
      headers: { "content-type": "text/html" },
    });
  },
});
afterAll(() => pages.stop(true));

/** A server that never answers. A host is left alone after that, so each test needs one of its own. */
function silentServer() {
  let calls = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch() {
      calls++;
      return new Promise<Response>(() => {});
    },
  });
  silent.push(server);
  return { url: server.url.href, calls: () => calls };
}
const silent: { stop(now: boolean): unknown }[] = [];
afterAll(() => {
  for (const server of silent) server.stop(true);
});

let paths = 0;
const newPath = (start = "page") => `/${start}-${++paths}`;
const urlOf = (path: string, address = "127.0.0.1") => `http://${address}:${pages.port}${path}`;
const previewOf = (path: string) => ({
  url: urlOf(path),
  title: `Page ${path.slice(1)}`,
  description: "Of & on",
  site: "Site",
});

inEachMode("previews", (mode) => {
  const server = withServer(mode, { LINK_PREVIEWS: "on", ALLOW_PRIVATE: "127.0.0.1" });

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const path = (message: Message) => `/api/chat/conversations/${id}/messages/${message.id}/`;
    const now = async (message: Message): Promise<Message> => {
      const page: { messages: Message[] } = dataOf(await bob.get(`/api/chat/conversations/${id}/messages/`));
      const found = page.messages.find((each) => each.id === message.id);
      if (!found) throw new Error("the page has no such message");
      return found;
    };
    /** Waits until the message has these previews. */
    const untilShown = (message: Message, previews: unknown) =>
      until(async () => Bun.deepEquals((await now(message)).previews, previews));
    const remove = (message: Message, person: Client) => person.call("DELETE", `${path(message)}previews/`);
    const edit = (message: Message, content: string) => ann.call("PATCH", path(message), { content });
    return { ann, bob, id, path, now, untilShown, remove, edit };
  }

  /** Waits until the follower has handled what was sent before. */
  async function settled({ ann, id, untilShown }: Awaited<ReturnType<typeof pair>>) {
    const path = newPath("last");
    await untilShown(await ann.send(id, urlOf(path)), [previewOf(path)]);
  }

  test("a message shows what its addresses lead to, as one change that makes nothing unread", async () => {
    const { ann, bob, id } = await pair();
    const socket = await bob.chat(id);
    const [one, two] = [newPath(), newPath()];
    const message = await ann.send(id, `See ${urlOf(one)} and [this](${urlOf(two)}).`);
    await socket.next("message");
    expect(await socket.next("message_changed")).toMatchObject({
      version: message.version + 1,
      change: { kind: "preview" },
      message: { id: message.id, previews: [previewOf(one), previewOf(two)] },
    });
    const [listed] = dataOf(await bob.get("/api/chat/conversations/"));
    expect(listed.unread_count).toBe(1);
    socket.close();
  });

  test("an address in code or in a spoiler is not fetched, nor is the fourth one", async () => {
    const place = await pair();
    const [code, fence, spoiler, ...shown] = Array.from({ length: 7 }, () => newPath());
    const links = shown.map((path) => urlOf(path)).join(" ");
    const text = `\`${urlOf(code ?? "")}\` ||${urlOf(spoiler ?? "")}|| ${links}\n\`\`\`\n${urlOf(fence ?? "")}\n\`\`\``;
    const message = await place.ann.send(place.id, text);
    await place.untilShown(message, shown.slice(0, 3).map(previewOf));
    for (const path of [code, fence, spoiler, shown[3]]) expect(hits[path ?? ""]).toBeUndefined();
  });

  test("an address in a private network is not called", async () => {
    const place = await pair();
    const path = newPath();
    const message = await place.ann.send(place.id, `${urlOf(path, "127.0.0.2")} ${urlOf(path, "[::ffff:127.0.0.3]")}`);
    await settled(place);
    expect((await place.now(message)).previews).toBeUndefined();
    expect(hits[path]).toBeUndefined();
  });

  test("a page that many messages name is fetched once", async () => {
    const { ann, id, untilShown } = await pair();
    const path = newPath();
    await untilShown(await ann.send(id, urlOf(path)), [previewOf(path)]);
    for (let i = 0; i < 3; i++) await untilShown(await ann.send(id, `${i}: ${urlOf(path)}`), [previewOf(path)]);
    expect(hits[path]).toBe(1);
  });

  test("an edit changes the previews, and takes them away with the address", async () => {
    const { ann, id, untilShown, edit } = await pair();
    const [one, two] = [newPath(), newPath()];
    const message = await ann.send(id, urlOf(one));
    await untilShown(message, [previewOf(one)]);
    await edit(message, `Now ${urlOf(two)}`);
    await untilShown(message, [previewOf(two)]);
    await edit(message, "Nothing");
    await untilShown(message, undefined);
  });

  test("a deleted message has no previews, also when it is deleted while a page is fetched", async () => {
    const place = await pair();
    const [one, silent] = [newPath(), silentServer()];
    const [message, waiting] = [await place.ann.send(place.id, urlOf(one)), await place.ann.send(place.id, silent.url)];
    await place.untilShown(message, [previewOf(one)]);
    await until(() => silent.calls() === 1);
    for (const each of [message, waiting]) await place.ann.call("DELETE", place.path(each));
    await settled(place);
    for (const each of [message, waiting]) expect((await place.now(each)).previews).toBeUndefined();
  });

  test("the sender removes the previews for good", async () => {
    const place = await pair();
    const { ann, bob, id, untilShown, remove, edit, now } = place;
    const [one, two] = [newPath(), newPath()];
    const message = await ann.send(id, urlOf(one));
    await untilShown(message, [previewOf(one)]);
    expectError(await remove(message, bob), 403, { code: "not_the_sender" });
    expectError(await remove(message, await server.person()), 403, { code: "not_a_participant" });
    expect(dataOf(await remove(message, ann), 200, "Previews removed").previews).toEqual([]);
    const { version } = dataOf(await bob.get(`/api/chat/conversations/${id}/`));
    dataOf(await remove(message, ann), 200);
    expect(dataOf(await bob.get(`/api/chat/conversations/${id}/`)).version).toBe(version);
    await edit(message, urlOf(two));
    await settled(place);
    expect((await now(message)).previews).toEqual([]);
  });

  test("previews that are removed before they are there never come", async () => {
    const place = await pair();
    const message = await place.ann.send(place.id, urlOf(newPath()));
    await place.remove(message, place.ann);
    await settled(place);
    expect((await place.now(message)).previews).toEqual([]);
  });

  test("a deleted message has no previews to remove", async () => {
    const { ann, id, path, remove } = await pair();
    const message = await ann.send(id, "soon gone");
    await ann.call("DELETE", path(message));
    expectError(await remove(message, ann), 409, { code: "message_deleted" });
  });

  test("a page that does not answer keeps no other message waiting", async () => {
    const { ann, id, untilShown } = await pair();
    const silent = silentServer();
    for (let i = 0; i < 2; i++) await ann.send(id, `${silent.url}${i}`);
    const path = newPath();
    await untilShown(await ann.send(id, urlOf(path)), [previewOf(path)]);
  });
});
