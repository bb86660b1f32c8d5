import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachDatabase, type Mode } from "../support/modes.ts";
import { sharedS3 } from "../support/s3.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

/** Stands in the bytes of every file and in its name: an answer with it has leaked. */
const MARK = "confab-secret";
const CONVERSATIONS = "/api/chat/conversations/";

/** A picture that a browser shows. */
async function picture(): Promise<Uint8Array> {
  const pixels = new Uint8Array(640 * 480 * 3).map((_, i) => (i * 7) % 251);
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeUInt32LE(54 + pixels.length, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(640, 18);
  header.writeInt32LE(480, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  return new Bun.Image(Buffer.concat([header, pixels])).png().bytes();
}

interface Scene {
  /** The files: a picture and a text, in one message. */
  ids: string[];
  conversationId: string;
  threadId: string;
  message: Message;
  digests: string[];
  /** Signed addresses that this person got while they had the right. */
  signed: Map<Client, string[]>;
}

/** One attempt: what somebody asks for one file. */
type Attempt = (scene: Scene, id: string, who: Client) => Request;

const asks = (who: Client, path: string, init: RequestInit = {}): Request => {
  const cookie: Record<string, string> = who.cookie === undefined ? {} : { Cookie: `sessionid=${who.cookie}` };
  return new Request(who.url + path, { redirect: "manual", ...init, headers: { ...cookie, ...init.headers } });
};
const json = (method: string, body: unknown): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});
const next = (id: string, by: number) => {
  const last = (Number.parseInt(id.slice(-12), 16) + by) % 2 ** 48;
  return id.slice(0, -12) + last.toString(16).padStart(12, "0");
};

/** The ways to get at a file's bytes. A person without the right gets nothing by any of them. */
const READS: Record<string, Attempt> = {
  "its properties": (_, id, who) => asks(who, `/api/files/${id}/`),
  "its properties, waiting": (_, id, who) => asks(who, `/api/files/${id}/?wait=1`),
  "its bytes": (_, id, who) => asks(who, `/api/files/${id}/${MARK}.png`),
  "its bytes under another name": (_, id, who) => asks(who, `/api/files/${id}/a`),
  "its bytes under a name with a path": (_, id, who) => asks(who, `/api/files/${id}/..%2F..%2Fa.png`),
  "its bytes under a name with NUL": (_, id, who) => asks(who, `/api/files/${id}/a%00.png`),
  "its bytes by an id in capitals": (_, id, who) => asks(who, `/api/files/${id.toUpperCase()}/a.png`),
  "the small picture": (_, id, who) => asks(who, `/api/files/${id}/a.png?size=320`),
  "the large picture": (_, id, who) => asks(who, `/api/files/${id}/a.png?size=1280`),
  "a size that is none": (_, id, who) => asks(who, `/api/files/${id}/a.png?size=0`),
  "the head of its bytes": (_, id, who) => asks(who, `/api/files/${id}/a.png`, { method: "HEAD" }),
  "the head of the small picture": (_, id, who) => asks(who, `/api/files/${id}/a.png?size=320`, { method: "HEAD" }),
  "a range of its bytes": (_, id, who) => asks(who, `/api/files/${id}/a`, { headers: { Range: "bytes=0-9" } }),
  "the end of its bytes": (_, id, who) => asks(who, `/api/files/${id}/a`, { headers: { Range: "bytes=-1" } }),
  "whether it is any file": (_, id, who) => asks(who, `/api/files/${id}/a`, { headers: { "If-None-Match": "*" } }),
  "whether it is this file": ({ digests }, id, who) =>
    asks(who, `/api/files/${id}/a`, { headers: { "If-None-Match": digests.map((tag) => `"${tag}"`).join(", ") } }),
  "a range of this file": ({ digests }, id, who) =>
    asks(who, `/api/files/${id}/a`, { headers: { Range: "bytes=0-0", "If-Range": `"${digests[0]}"` } }),
  "a signed address": (_, id, who) => asks(who, `/api/files/${id}/address/`, { method: "POST" }),
  "an address without a signature": (_, id, who) =>
    asks(who, `/api/files/${id}/a?for=1&until=${Date.now() + 60_000}&signature=`),
  "an address with a signature of another length": (_, id, who) =>
    asks(who, `/api/files/${id}/a?for=1&until=${Date.now() + 60_000}&signature=AAAA`),
};

/** The ways to change a file, or to get it into a message. */
const WRITES: Record<string, Attempt> = {
  "its description": (_, id, who) => asks(who, `/api/files/${id}/alt/`, json("PUT", { alt: "mine" })),
  "its end": (_, id, who) => asks(who, `/api/files/${id}/`, { method: "DELETE" }),
  "its upload": (_, id, who) =>
    asks(who, `/api/files/${id}/`, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } }),
  "more bytes": (_, id, who) =>
    asks(who, `/api/files/${id}/`, {
      method: "PATCH",
      body: "more",
      headers: {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
      },
    }),
};

inEachDatabase("files that nobody else may have", (mode) => {
  let server: TestServer;
  let ann: Client;
  let bob: Client;
  let root: Client;
  let own: string;
  let scene: Scene;
  const strangers: Record<string, Client> = {};

  const upload = async (who: Client, name: string, bytes: Uint8Array | string): Promise<string> => {
    const answer = await fetch(
      asks(who, `/api/files/?name=${name}`, {
        method: "POST",
        body: bytes,
        headers: { "Content-Type": "application/octet-stream" },
      }),
    );
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`upload: ${answer.status} ${text}`);
    const { id } = JSON.parse(text).data;
    const ready = await who.get(`/api/files/${id}/?wait=20`);
    if (ready.body.data.state !== "ready") throw new Error(`the file is not ready: ${ready.text}`);
    return id;
  };
  const sendIn = async (who: Client, conversationId: string, files: string[], content = ""): Promise<Message> => {
    const answer = await who.post(`${CONVERSATIONS}${conversationId}/messages/`, { content, files });
    if (answer.status !== 201) throw new Error(`send: ${answer.status} ${answer.text}`);
    return answer.body.data;
  };
  const signedBy = async (who: Client, ids: string[]) => {
    const answers = await Promise.all(ids.map((id) => who.post(`/api/files/${id}/address/`)));
    return answers.map(({ body }): string => body.data.url);
  };

  beforeAll(async () => {
    server = await startTestServer(mode, await storeOf(mode));
    [ann, bob, root] = [await server.person("Ann"), await server.person("Bob"), await superuser(server, "Root")];
    const [removed, threadOnly, deactivated, ended, outsider] = [
      await server.person("Rem"),
      await server.person("Thr"),
      await server.person("Dea"),
      await server.person("End"),
      await server.person("Out"),
    ];
    const group = await ann.conversation([bob, removed, threadOnly, deactivated, ended], "Secrets");
    own = (await outsider.conversation([removed, threadOnly, deactivated], "Others")).id;
    const rooted = await ann.send(group.id, "the root");
    const thread = await ann.post(`${CONVERSATIONS}${group.id}/messages/${rooted.id}/thread/`);
    const threadId: string = thread.body.data.id;
    await threadOnly.send(threadId, "I follow this thread");
    const ids = [
      await upload(ann, `${MARK}.png`, await picture()),
      await upload(ann, `${MARK}.txt`, `${MARK} ${MARK} ${MARK}`),
    ];
    const message = await sendIn(ann, group.id, ids);
    await sendIn(ann, threadId, ids);
    const tags = await Promise.all(
      ids.map(
        async (id) => (await fetch(asks(bob, `/api/files/${id}/a`))).headers.get("etag")?.replaceAll('"', "") ?? "",
      ),
    );
    const signed = new Map<Client, string[]>();
    for (const who of [removed, threadOnly, deactivated, ended, bob]) signed.set(who, await signedBy(who, ids));
    scene = { ids, conversationId: group.id, threadId, message, digests: tags, signed };

    for (const who of [removed, threadOnly]) await ann.delete(`${CONVERSATIONS}${group.id}/participants/${who.id}/`);
    // They keep their cookie.
    await fetch(asks(ended, "/api/users/logout/", { method: "POST" }));
    await root.patch(`/api/admin/users/${deactivated.id}/`, { is_active: false });
    const guest = server.visitor();
    Object.assign(strangers, { outsider, removed, threadOnly, deactivated, ended, guest });
  });
  afterAll(() => server?.stop());

  /** Whether an answer gives nothing away: a refusal in the envelope, without a word of the file. */
  async function expectNothing(name: string, request: Request, statuses = [400, 401, 403, 404, 405, 409, 410]) {
    const answer = await fetch(request);
    const text = await answer.text();
    const headers = [...answer.headers].map((header) => header.join(": ")).join("\n");
    expect([name, statuses.includes(answer.status), answer.status]).toEqual([name, true, answer.status]);
    expect([name, text.includes(MARK) || headers.includes(MARK)]).toEqual([name, false]);
    for (const tag of scene.digests) expect([name, headers.includes(tag)]).toEqual([name, false]);
    const type = answer.headers.get("content-type") ?? "";
    if (text !== "") expect([name, type]).toEqual([name, expect.stringMatching(/^application\/json/)]);
  }

  test("a member reads the files in every form, so that the refusals below mean something", async () => {
    for (const [name, attempt] of Object.entries(READS)) {
      if (name.startsWith("an address")) continue;
      const answer = await fetch(attempt(scene, scene.ids[0] ?? "", bob));
      const expected = name === "a size that is none" ? 400 : 399;
      expect([name, answer.status <= expected]).toEqual([name, true]);
    }
    for (const url of scene.signed.get(bob) ?? []) expect((await fetch(url)).status).toBe(200);
    const listed = await bob.get(`${CONVERSATIONS}${scene.conversationId}/files/`);
    expect(listed.body.data).toHaveLength(2);
  });

  test("people without the right get no file, in no form, and change none", async () => {
    let attempts = 0;
    for (const [person, who] of Object.entries(strangers))
      for (const [name, attempt] of Object.entries({ ...READS, ...WRITES }))
        for (const id of scene.ids) {
          await expectNothing(`${person}: ${name}`, attempt(scene, id, who));
          attempts++;
        }
    expect(attempts).toBeGreaterThan(200);
    const state = await bob.get(`/api/files/${scene.ids[0]}/`);
    expect(state.body.data).toMatchObject({ state: "ready", name: `${MARK}.png` });
    expect(state.body.data.alt).toBeUndefined();
  });

  test("people without the right find no trace of a file beside it", async () => {
    for (const [person, who] of Object.entries(strangers)) {
      const paths = [
        `${CONVERSATIONS}${scene.conversationId}/files/`,
        `${CONVERSATIONS}${scene.threadId}/files/`,
        `${CONVERSATIONS}${scene.conversationId}/files/?type=image&after=0`,
        `${CONVERSATIONS}${scene.conversationId}/messages/?around_seq=${scene.message.seq}`,
        `${CONVERSATIONS}${scene.threadId}/messages/`,
        `${CONVERSATIONS}${scene.conversationId}/changes/?after_version=0`,
      ];
      for (const path of paths) await expectNothing(`${person}: ${path}`, asks(who, path));
      const found = await fetch(asks(who, `/api/chat/search/?q=${MARK}`));
      expect([person, (await found.text()).includes(`${MARK}.png`)]).toEqual([person, false]);
      const list = await fetch(asks(who, CONVERSATIONS));
      expect([person, (await list.text()).includes(MARK)]).toEqual([person, false]);
    }
  });

  test("a file of somebody else goes into no message", async () => {
    for (const [person, who] of Object.entries(strangers))
      for (const id of scene.ids) {
        const to = (conversationId: string) =>
          asks(who, `${CONVERSATIONS}${conversationId}/messages/`, json("POST", { files: [id] }));
        await expectNothing(`${person}: a send to their own group`, to(own));
        await expectNothing(`${person}: a send to the group`, to(scene.conversationId));
      }
    // A member may read the file, and still does not own it.
    await expectNothing(
      "bob: a send",
      asks(bob, `${CONVERSATIONS}${scene.conversationId}/messages/`, json("POST", { files: scene.ids })),
    );
  });

  test("a signed address ends with the right, and can't be changed", async () => {
    for (const [person, who] of Object.entries(strangers))
      for (const url of scene.signed.get(who) ?? []) {
        // A logout ends the session. The address names the person, who is still a member.
        if (who === strangers["ended"]) continue;
        await expectNothing(`${person}: an address from before`, new Request(url));
        await expectNothing(`${person}: the same, small`, new Request(`${url}&size=320`));
      }
    const [url = ""] = scene.signed.get(bob) ?? [];
    const changed = (change: (parts: URL) => void) => {
      const parts = new URL(url);
      change(parts);
      return new Request(parts.href);
    };
    const set = (name: string, value: string) => changed(({ searchParams }) => searchParams.set(name, value));
    const until = Number(new URL(url).searchParams.get("until"));
    const signature = new URL(url).searchParams.get("signature") ?? "";
    const forgeries = {
      "another person": set("for", String(ann.id)),
      "a person who is none": set("for", "0"),
      "a later end": set("until", String(until + 1)),
      "an endless end": set("until", "Infinity"),
      "an end that is no number": set("until", "NaN"),
      "an end in the past": set("until", "1"),
      "no signature": set("signature", ""),
      "a shorter signature": set("signature", signature.slice(1)),
      "a longer signature": set("signature", `${signature}A`),
      "a signature with another letter": set("signature", (signature[0] === "A" ? "B" : "A") + signature.slice(1)),
      "another file": changed((parts) => {
        parts.pathname = `/api/files/${scene.ids[1]}/a`;
      }),
      "the signature twice": changed(({ searchParams }) => searchParams.append("signature", "A")),
      "no person": changed(({ searchParams }) => searchParams.delete("for")),
    };
    for (const [name, request] of Object.entries(forgeries)) {
      // The first of two values is the true one.
      if (name === "the signature twice") continue;
      await expectNothing(name, request);
    }
  });

  test("guessed ids find nothing", async () => {
    const outsider = strangers["outsider"] ?? ann;
    const guesses = scene.ids.flatMap((id) => [1, -1, 2, 256, 65_536].map((by) => next(id, by)));
    for (const guess of [
      ...guesses,
      scene.message.id,
      scene.conversationId,
      "0",
      "..",
      "%2e%2e",
      "null",
      `${scene.ids[0]}x`,
    ])
      for (const who of [outsider, bob])
        for (const path of [`/api/files/${guess}/`, `/api/files/${guess}/a.png`, `/api/files/${guess}/a?size=320`])
          await expectNothing(path, asks(who, path));
  });

  test("a file that was not sent is its uploader's alone", async () => {
    const id = await upload(ann, `${MARK}.txt`, MARK);
    for (const who of [bob, ...Object.values(strangers)])
      for (const [name, attempt] of Object.entries({ ...READS, ...WRITES }))
        await expectNothing(name, attempt(scene, id, who));
    expect((await ann.get(`/api/files/${id}/`)).status).toBe(200);
  });

  test("a deleted message takes its files from everybody at once", async () => {
    const { ids, conversationId, threadId, message } = scene;
    const kept = await bob.get(`${CONVERSATIONS}${threadId}/messages/`);
    const inThread = kept.body.data.messages.at(-1).id;
    await ann.delete(`${CONVERSATIONS}${conversationId}/messages/${message.id}/`);
    // The thread still has them.
    expect((await fetch(asks(bob, `/api/files/${ids[0]}/a.png`))).status).toBe(200);
    expect((await bob.get(`${CONVERSATIONS}${conversationId}/files/`)).body.data).toEqual([]);
    await ann.delete(`${CONVERSATIONS}${threadId}/messages/${inThread}/`);
    for (const who of [ann, bob, root, ...Object.values(strangers)])
      for (const id of ids)
        for (const [name, attempt] of Object.entries(READS))
          await expectNothing(`deleted: ${name}`, attempt(scene, id, who));
    for (const url of scene.signed.get(bob) ?? []) await expectNothing("deleted: a signed address", new Request(url));
    for (const who of [ann, bob]) {
      const page = await who.get(`${CONVERSATIONS}${conversationId}/messages/`);
      expect(page.text).not.toContain(MARK);
      expect((await who.get(`${CONVERSATIONS}${threadId}/files/`)).body.data).toEqual([]);
      const again = asks(who, `${CONVERSATIONS}${conversationId}/messages/`, json("POST", { files: ids }));
      await expectNothing("deleted: a new send", again);
    }
  });
});

/** On the embedded database files lie in a folder. On the others they lie in a store that speaks S3. */
async function storeOf(mode: Mode): Promise<Record<string, string>> {
  if (mode === "embedded") return {};
  return (await sharedS3()).settings();
}
