import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  attach,
  attached,
  describe,
  detach,
  fileAddress,
  fileUrl,
  mostBytes,
  onUploads,
  removeFile,
  sendFiles,
  upload,
  uploadState,
} from "../../src/sdk/features/files.ts";
import { openThread, reply } from "../../src/sdk/features/threads.ts";
import { type ConfabClient, memoryStorage } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { clientOf, contents, crash, isSettled, online, until, wholeLog } from "./people.ts";

setDefaultTimeout(120_000);

const MAX_FILE = 24_000_000;
/** A busy machine must not look like a cut. */
const CALM = { pingAfter: 10_000, answerWithin: 10_000 };
const clients: ConfabClient[] = [];
let server: TestServer;
let proxy: TcpProxy;
let ann: Client;
let bob: Client;

beforeAll(async () => {
  server = await startTestServer("embedded", { MAX_FILE: "24MB", FILES_PER_USER: "200MB" });
  proxy = await startProxy(Number(new URL(server.url).port));
  [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
}, 240_000);
/** A test that has failed must not fail those after it. */
afterEach(async () => {
  Object.assign(proxy, { state: "pass", delayMs: 0 });
  for (const client of clients.splice(0)) await client.close();
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

/** Bytes that no type fits, different at each place. */
function bytes(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(size);
  for (let i = 0, state = seed; i < size; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    made[i] = 128 + ((state >> 16) & 0x7f);
  }
  return made;
}
const text = (content: string, name = "note.txt") => new File([content], name, { type: "text/plain" });

/** A client of Ann whose connection can be cut, in a conversation with Bob that begins anew. */
async function chat(options: Parameters<typeof clientOf>[1] = {}) {
  const { id } = await ann.conversation([bob, await server.person("Cat")], "group");
  const client = await online(clientOf(ann, { url: `http://127.0.0.1:${proxy.port}`, ...options, timing: CALM }));
  clients.push(client);
  const room = client.open(id);
  await until(() => room.state === "live");
  return { client, room, id };
}

const filesIn = async (id: string) => (await wholeLog(ann, id)).map(({ files = [] }) => files.map(({ name }) => name));
const loaded = async (client: ConfabClient, file: { id: string; name: string }) => {
  const answer = await fetch(fileUrl(client, file).replace(`:${proxy.port}`, `:${new URL(server.url).port}`), {
    headers: { Cookie: `sessionid=${ann.cookie}` },
  });
  return new Uint8Array(await answer.arrayBuffer());
};

test("an upload tells how far it is, and its file can be sent and read", async () => {
  const { client, room, id } = await chat();
  const sent: number[] = [];
  const source = new File([bytes(3_000_000)], "Bericht – März.bin");
  const file = await upload(client, source, { onProgress: (now) => sent.push(now) });
  expect(file).toMatchObject({ name: "Bericht – März.bin", bytes: 3_000_000 });
  expect(sent.at(-1)).toBe(3_000_000);
  expect(sent.length).toBeGreaterThan(2);
  await room.send("", { files: [file.id] }).done;
  expect(await filesIn(id)).toEqual([["Bericht – März.bin"]]);
  expect(await loaded(client, file)).toEqual(bytes(3_000_000));
  const { url } = await fileAddress(client, file);
  expect(new Uint8Array(await (await fetch(new URL(url, server.url))).arrayBuffer()).length).toBe(3_000_000);
  expect(await mostBytes(client)).toBe(MAX_FILE);
});

test("an upload goes on where it was after cuts, and no byte is lost or doubled", async () => {
  const { client } = await chat();
  let cuts = 0;
  const source = new File([bytes(9_000_000, 7)], "cut.bin");
  const done = upload(client, source, {
    onProgress: (now, all) => {
      if (cuts < 4 && now > (all * (cuts + 1)) / 6) {
        cuts++;
        proxy.cut(({ said }) => said.startsWith("PATCH") || said.includes("\nPATCH"));
      }
    },
  });
  const file = await done;
  expect(cuts).toBeGreaterThan(0);
  expect(await loaded(client, file)).toEqual(bytes(9_000_000, 7));
});

test("an upload outlives a server that is away", async () => {
  const { client } = await chat();
  const source = new File([bytes(6_000_000, 9)], "away.bin");
  let isAway = false;
  const file = await upload(client, source, {
    onProgress(now) {
      if (isAway || now < 2_000_000) return;
      isAway = true;
      proxy.state = "refuse";
      proxy.cut();
      setTimeout(() => {
        proxy.state = "pass";
      }, 1_000);
    },
  });
  expect(isAway).toBe(true);
  expect(await loaded(client, file)).toEqual(bytes(6_000_000, 9));
});

test("a second call with the same file goes on with the upload of a client that has ended", async () => {
  const storage = memoryStorage();
  const { client } = await chat({ storage });
  const source = new File([bytes(8_000_000, 11)], "again.bin", { lastModified: 1 });
  const first = upload(client, source, {
    onProgress: (now) => {
      if (now < 2_000_000) return;
      proxy.state = "refuse";
      proxy.cut();
      void client.close();
    },
  });
  first.catch(() => {});
  await until(() => client.state === "stopped");
  await expect(first).rejects.toMatchObject({ code: "offline" });
  proxy.state = "pass";
  const [key = ""] = await storage.keys("").then((keys) => keys.filter((one) => one.includes("upload/")));
  const begun: string = JSON.parse((await storage.get(key)) ?? "null");
  const { client: next } = await chat({ storage });
  const seen: number[] = [];
  const file = await upload(next, source, { onProgress: (now) => seen.push(now) });
  expect(file.id).toBe(begun);
  expect(Math.min(...seen.filter((now) => now > 0))).toBeGreaterThan(100_000);
  expect(await loaded(next, file)).toEqual(bytes(8_000_000, 11));
});

test("a canceled upload is gone on the server", async () => {
  const { client } = await chat();
  const over = new AbortController();
  const source = new File([bytes(9_000_000, 13)], "canceled.bin");
  let id: string | undefined;
  const answered: string[] = [];
  const done = upload(client, source, {
    signal: over.signal,
    onProgress: (now) => now > 1_000_000 && over.abort(),
  });
  await expect(done).rejects.toMatchObject({ code: "canceled" });
  const already = new AbortController();
  already.abort();
  await expect(upload(client, source, { signal: already.signal })).rejects.toMatchObject({ code: "canceled" });
  expect([id, answered]).toEqual([undefined, []]);
});

test("a file that the server refuses fails at once, with the reason", async () => {
  const { client } = await chat();
  const large = new File([new Uint8Array(MAX_FILE + 1)], "large.bin");
  await expect(upload(client, large)).rejects.toMatchObject({ code: "file_too_large" });
});

test("a message waits for its files, texts go out before it, and it goes out once", async () => {
  const { room, id } = await chat();
  proxy.delayMs = 20;
  const outgoing = sendFiles(room, "Look", [new File([bytes(2_000_000)], "one.bin"), text("two", "two.txt")]);
  const waiting = room.messages.at(-1);
  expect(waiting).toMatchObject({
    state: "pending",
    content: "Look",
    files: [{ name: "one.bin" }, { name: "two.txt" }],
  });
  await room.send("A text").done;
  await outgoing.done;
  proxy.delayMs = 0;
  await until(() => isSettled(room));
  expect(contents(room.messages)).toEqual(["A text", "Look"]);
  expect(room.messages[1]).toMatchObject({
    key: waiting?.key ?? "",
    files: [{ name: "one.bin" }, { name: "two.txt" }],
  });
  expect(await filesIn(id)).toEqual([[], ["one.bin", "two.txt"]]);
});

test("messages with files keep their order, though a later one is ready first", async () => {
  const { room, id } = await chat();
  proxy.delayMs = 20;
  sendFiles(room, "first", [new File([bytes(5_000_000, 3)], "large.bin")]);
  const small = attach(room, text("small", "small.txt"));
  const last = sendFiles(room, "second", [small]);
  await until(() => uploadState(room, small)?.state === "ready");
  expect(room.messages.every(({ state }) => state === "pending")).toBe(true);
  proxy.delayMs = 0;
  await last.done;
  expect(await filesIn(id)).toEqual([["large.bin"], ["small.txt"]]);
});

test("a message with files that waits offline goes out when the connection is back", async () => {
  const { client, room, id } = await chat();
  proxy.state = "refuse";
  proxy.cut();
  await until(() => client.state === "offline");
  const out = sendFiles(room, "from the tunnel", [text("1", "1.txt"), text("2", "2.txt"), text("3", "3.txt")]);
  proxy.state = "pass";
  await out.done;
  expect(await filesIn(id)).toEqual([["1.txt", "2.txt", "3.txt"]]);
});

test("a refused file fails its message, the rest can go without it, and nothing else waits", async () => {
  const { room, id } = await chat();
  const large = attach(room, new File([new Uint8Array(MAX_FILE + 1)], "large.bin"));
  const out = sendFiles(room, "", [text("fine", "fine.txt"), large]);
  await expect(out.done).rejects.toMatchObject({
    code: "file_too_large",
    message: expect.stringContaining("large.bin: "),
  });
  expect(uploadState(room, large)).toMatchObject({ state: "failed", error: { code: "file_too_large" } });
  await sendFiles(room, "other", [text("other", "other.txt")]).done;
  removeFile(room, out.key, large);
  await until(() => isSettled(room));
  expect(await filesIn(id)).toEqual([["other.txt"], ["fine.txt"]]);
  const only = sendFiles(room, "", [new File([new Uint8Array(MAX_FILE + 1)], "only.bin")]);
  await only.done.catch(() => {});
  const [file] = room.messages.at(-1)?.files ?? [];
  if (file) removeFile(room, only.key, file);
  expect(room.messages.at(-1)).toMatchObject({ state: "sent" });
});

test("a discarded message sends nothing, and ends its uploads", async () => {
  const { room, id } = await chat();
  proxy.delayMs = 20;
  const file = attach(room, new File([bytes(6_000_000, 5)], "never.bin"));
  const out = sendFiles(room, "never", [file]);
  await until(() => (uploadState(room, file)?.sent ?? 0) > 0);
  room.discard(out.key);
  proxy.delayMs = 0;
  await expect(out.done).rejects.toMatchObject({ code: "discarded" });
  await until(() => uploadState(room, file) === undefined);
  await room.send("after").done;
  expect(await filesIn(id)).toEqual([[]]);
});

test("a message whose client has died goes out by the next one, when the server has its files", async () => {
  const storage = memoryStorage();
  const { client, room, id } = await chat({ storage });
  const file = attach(room, text("safe", "safe.txt"));
  await until(() => uploadState(room, file)?.state === "ready");
  const lost = attach(room, new File([bytes(4_000_000)], "lost.bin"));
  proxy.state = "refuse";
  proxy.cut();
  sendFiles(room, "safe", [file]);
  sendFiles(room, "lost", [lost]);
  await until(async () => (await storage.keys("")).filter((key) => key.includes("outbox/")).length === 2);
  clients.splice(0);
  crash(client);
  proxy.state = "pass";
  const next = await online(clientOf(ann, { url: `http://127.0.0.1:${proxy.port}`, storage, timing: CALM }));
  const again = next.open(id);
  await until(() => again.messages.some(({ state }) => state === "failed"));
  // Outside browsers, bytes do not outlive their process.
  expect(again.messages.find(({ state }) => state === "failed")).toMatchObject({
    content: "lost",
    error: { code: "file_lost" },
  });
  await until(() => again.messages.some(({ state, content }) => state === "sent" && content === "safe"));
  expect(await filesIn(id)).toEqual([["safe.txt"]]);
});

test("a message whose files are on their way in two tabs goes out once, and both show it as sent", async () => {
  const shared = memoryStorage();
  // The first tab sleeps as far as others see, like a tab in the background: its lease ends.
  const sleeper: typeof shared = {
    ...shared,
    set: async (key, value) => (key.includes("lease/") ? undefined : shared.set(key, value)),
  };
  const { client, room, id } = await chat({ storage: sleeper });
  const [ready, half] = [
    attach(room, text("ready", "ready.txt")),
    attach(room, new File([bytes(9_000_000)], "half.bin")),
  ];
  await until(() => uploadState(room, ready)?.state === "ready" && (uploadState(room, half)?.sent ?? 0) > 600_000);
  proxy.state = "refuse";
  proxy.cut();
  await until(() => client.state === "offline");
  const outs = [sendFiles(room, "ready", [ready]), sendFiles(room, "half", [half])];
  for (const { done } of outs) done.catch(() => {});
  await until(async () => (await shared.keys("")).filter((key) => key.includes("outbox/")).length === 2);
  // The second tab has a network of its own. Its storage is that of the same address.
  const [own, common] = [server.url, `http://127.0.0.1:${proxy.port}`];
  const toShared = (key: string) => key.replace(own, common);
  const storage: typeof shared = {
    get: (key) => shared.get(toShared(key)),
    set: (key, value) => shared.set(toShared(key), value),
    delete: (key) => shared.delete(toShared(key)),
    keys: async (prefix) => (await shared.keys(toShared(prefix))).map((key) => key.replace(common, own)),
  };
  const second = await online(clientOf(ann, { url: own, storage, timing: CALM }));
  clients.push(second);
  const there = second.open(id);
  await until(() => there.messages.some(({ content }) => content === "half"));
  proxy.state = "pass";
  await until(
    () => [room, there].every(isSettled),
    () => JSON.stringify([room.messages, there.messages]),
  );
  await Bun.sleep(300);
  expect(await filesIn(id)).toEqual([["ready.txt"], ["half.bin"]]);
  for (const one of [room, there]) expect(contents(one.messages)).toEqual(["ready", "half"]);
  const [, last] = await wholeLog(ann, id);
  const [file] = last?.files ?? [];
  expect(file && (await loaded(client, file))).toEqual(bytes(9_000_000));
});

test("files that the server has removed are sent again with their message", async () => {
  const { client, room, id } = await chat();
  const file = attach(room, text("twice", "twice.txt"));
  await until(() => uploadState(room, file)?.state === "ready");
  proxy.state = "refuse";
  proxy.cut();
  await until(() => client.state === "offline");
  const out = sendFiles(room, "after a long time", [file]);
  const sending = () => room.messages.flatMap((one) => (one.state === "sent" ? [] : (one.options?.files ?? [])));
  await until(() => sending().length > 0);
  const headers = { Cookie: `sessionid=${ann.cookie}` };
  expect((await fetch(`${server.url}/api/files/${sending()[0]}`, { method: "DELETE", headers })).status).toBe(204);
  out.done.catch(() => {});
  proxy.state = "pass";
  await until(() => isSettled(room));
  expect(await filesIn(id)).toEqual([["twice.txt"]]);
});

test("attached files wait for their text, can be described, and go away", async () => {
  const { client, room, id } = await chat();
  const heard: string[] = [];
  onUploads(client, (one) => heard.push(one));
  const [kept, removed] = [attach(room, text("kept", "kept.txt")), attach(room, text("removed", "removed.txt"))];
  expect(await attached(room)).toEqual([kept, removed]);
  describe(room, kept, "A kept note");
  detach(room, removed);
  await until(async () => (await attached(room)).length === 1);
  await sendFiles(room, "", [kept]).done;
  expect(await wholeLog(ann, id)).toMatchObject([{ files: [{ name: "kept.txt", alt: "A kept note" }] }]);
  expect(heard).toContain(kept.id);
  await until(async () => (await attached(room)).length === 0);
});

test("a reply in a thread has files too", async () => {
  const { client, room } = await chat({ threads: true });
  await room.send("root").done;
  await until(() => isSettled(room));
  const [root] = room.messages;
  if (root?.state !== "sent") throw new Error("not sent");
  const thread = await openThread(room, root);
  await reply(room, root, "", { uploads: [attach(thread, text("reply", "reply.txt"))] }).done;
  await until(() => thread.messages[0]?.state === "sent");
  expect(thread.messages[0]?.files).toMatchObject([{ name: "reply.txt" }]);
  await client.close();
});
