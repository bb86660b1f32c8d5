import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ConfabClient, MessageView } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import { hasLastRelease, spawnLastRelease } from "../support/last-release.ts";
import { makePlace, modes } from "../support/modes.ts";
import { startProxy } from "../support/proxy.ts";
import type { TestServer } from "../support/server.ts";
import { range, sendAll } from "../ws/frames.ts";
import { clientOf, contents, isSettled, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

const MESSAGES = 400;

const seqs = ({ messages }: MessageView) => messages.map(({ seq }) => seq);

describe("a window", () => {
  let server: TestServer;
  let [ann, bob]: Client[] = [];
  let id = "";
  beforeAll(async () => {
    server = await sharedServer();
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    id = (await ann.conversation([bob])).id;
    const socket = await ann.chat(id);
    await sendAll(socket, range(1, MESSAGES).map(String));
    socket.close();
  });
  const open = async (who = ann, options: Parameters<typeof clientOf>[1] = {}) => {
    if (!who) throw new Error("nobody is there");
    const client = await online(clientOf(who, options));
    const chat = client.open(id);
    await until(() => chat.state === "live");
    return { client, chat };
  };

  test("has the message in the middle, grows at both ends, and joins the conversation", async () => {
    const { client, chat } = await open();
    const window = await chat.around(100);
    expect(seqs(window)).toEqual(range(50, 149));
    expect([window.indexOf(100), window.hasOlder, window.hasNewer]).toEqual([50, true, true]);
    expect(await window.loadOlder(30)).toBe(30);
    expect(await window.loadNewer(30)).toBe(30);
    expect(seqs(window)).toEqual(range(20, 179));
    expect(await window.loadOlder(100)).toBe(19);
    expect(window.hasOlder).toBe(false);
    while (window.hasNewer) await window.loadNewer(100);
    expect(window.messages).toBe(chat.messages);
    expect(seqs(window)).toEqual(range(1, MESSAGES));
    expect(chat.readSeq).toBe(MESSAGES);
    window.close();
    await client.close();
  });

  test("of a message that is not there has the nearest ones, and shows at once what is loaded", async () => {
    const { client, chat } = await open();
    const beyond = await chat.around(MESSAGES + 999);
    expect([beyond.indexOf(MESSAGES + 999), beyond.hasNewer, seqs(beyond).at(-1)]).toEqual([-1, false, MESSAGES]);
    const before = await chat.around(0);
    expect([before.indexOf(0), seqs(before)[0]]).toEqual([-1, 1]);
    const loaded = await chat.around(MESSAGES);
    expect(loaded.messages).toBe(chat.messages);
    await client.close();
  });

  test("keeps the conversation open, and marks nothing as read", async () => {
    const { client, chat } = await open(bob);
    const window = await chat.around(10);
    chat.close();
    expect([chat.state, chat.unread]).toEqual(["live", MESSAGES]);
    window.close();
    window.close();
    expect(chat.state).toBe("closed");
    await client.close();
  });

  test("shows your own edits and deletions at once, and has no unsent messages", async () => {
    const { client, chat } = await open();
    const window = await chat.around(100);
    const at = (seq: number) => window.messages[window.indexOf(seq)];
    const edit = chat.edit(at(100)?.key ?? "", "edited");
    expect(at(100)).toMatchObject({ content: "edited", change: { kind: "edit", state: "pending" } });
    await edit.done;
    await until(() => at(100)?.state === "sent" && !("change" in (at(100) ?? {})));
    expect(at(100)).toMatchObject({ content: "edited" });
    await chat.delete(at(101)?.key ?? "").done;
    await until(() => at(101)?.content === "");
    const sending = chat.send("one more");
    expect(contents(window.messages)).not.toContain("one more");
    await sending.done;
    await client.close();
  });

  test("waits for a connection, and for the changes that it missed", async () => {
    const proxy = await startProxy(Number(new URL(server.url).port));
    const { client, chat } = await open(ann, { url: `http://127.0.0.1:${proxy.port}` });
    const window = await chat.around(200);
    proxy.state = "refuse";
    proxy.cut();
    await until(() => client.state !== "online");
    const opening = chat.around(30);
    const path = `/api/chat/conversations/${id}/messages/`;
    const page = await ann?.get(`${path}?around_seq=200&limit=1`);
    await ann?.patch(`${path}${page?.body.data.messages[0].id}/`, { content: "edited meanwhile" });
    proxy.state = "pass";
    expect((await opening).indexOf(30)).toBeGreaterThanOrEqual(0);
    await until(() => window.messages[window.indexOf(200)]?.content === "edited meanwhile");
    await client.close();
    await proxy.stop();
  });

  test("is refused to somebody who is no member", async () => {
    const eve = clientOf(await server.person("Eve"));
    await online(eve);
    const refused = eve
      .open(id)
      .around(5)
      .catch((error) => error.code);
    expect(["not_found", "not_a_participant"]).toContain(await refused);
    await eve.close();
  });
});

describe.skipIf(!hasLastRelease || !modes.includes("postgres"))("a window on a server of the last release", () => {
  test("has the same messages, by pages of older ones, also where the server cuts them", async () => {
    const place = await makePlace("postgres");
    const old = await spawnLastRelease(place.environment);
    let client: ConfabClient | undefined;
    try {
      const [ann, bob] = [await old.visitor().signUp("Ann"), await old.visitor().signUp("Bob")];
      const { id } = await ann.conversation([bob]);
      const socket = await ann.chat(id);
      await sendAll(
        socket,
        range(1, 300).map((n) => (n > 150 && n < 250 ? `${n} ${"👍".repeat(4900)}` : String(n))),
      );
      socket.close();
      client = await online(clientOf(ann, { url: old.url }));
      const chat = client.open(id);
      await until(() => isSettled(chat));
      for (const target of [1, 60, 200, 300, 999]) {
        const window = await chat.around(target);
        expect(window.indexOf(Math.min(target, 300))).toBeGreaterThanOrEqual(0);
        while (window.hasOlder) await window.loadOlder(100);
        while (window.hasNewer) await window.loadNewer(100);
        expect(seqs(window)).toEqual(range(1, 300));
        window.close();
      }
    } finally {
      await client?.close();
      old.kill("SIGKILL");
      await old.exited;
      place.remove();
    }
  });
});
