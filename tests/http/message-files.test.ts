import { beforeAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, times } from "./expectations.ts";

const CONVERSATIONS = "/api/chat/conversations/";
const EMPTY = "Message content cannot be empty";

inEachMode("files of messages over HTTP and sockets", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let id: string;
  let path: string;

  beforeAll(async () => {
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    id = (await ann.conversation([bob, await server.person("Eve")], "Files")).id;
    path = `${CONVERSATIONS}${id}/messages/`;
  });

  async function upload(name = "notes.txt", bytes = "some text", who = ann): Promise<string> {
    const answer = await fetch(`${who.url}/api/files/?name=${name}`, {
      method: "POST",
      headers: { Cookie: `sessionid=${who.cookie}`, "Content-Type": "application/octet-stream" },
      body: bytes,
    });
    const { data } = JSON.parse(await answer.text());
    expect([answer.status, data.state]).toEqual([201, "ready"]);
    return data.id;
  }
  const send = (body: object, who = ann) => who.post(path, body);
  const newest = async (who: Client): Promise<Message> =>
    dataOf(await who.get(`${path}?limit=1&mark_read=false`)).messages[0];

  test("a message with files needs no text, and everybody gets it with them", async () => {
    const socket = await bob.chat(id);
    const files = [await upload("a.txt"), await upload("b.txt", "longer text")];
    const sent: Message = dataOf(await send({ files, client_id: "files-1" }), 201);
    const shown = [
      { id: files[0], name: "a.txt", bytes: 9, type: "text/plain" },
      { id: files[1], name: "b.txt", bytes: 11, type: "text/plain" },
    ];
    expect(sent).toMatchObject({ content: "", files: shown });
    expect((await socket.next("message")).message).toEqual({ ...sent });
    // From the log, and from what the node or Redis keeps of it.
    for (const who of [bob, ann, bob]) expect((await newest(who)).files).toMatchObject(shown);
    const resumed = await bob.chat(id, sent.version - 1);
    expect((await resumed.next("message")).message.files).toMatchObject(shown);
    socket.send({ type: "history", limit: 1, ref: "h" });
    expect((await socket.next("history")).messages[0]?.files).toMatchObject(shown);
    expectError(await send({ files: [files[0]], client_id: "files-1" }), 409, { code: "client_id_conflict" });
    expect((await send({ files, client_id: "files-1" })).status).toBe(200);
    for (const one of [socket, resumed]) one.close();
  });

  test("a frame with files is acked, or refused with a reason", async () => {
    const socket = await ann.chat(id);
    socket.send({ type: "message", files: [await upload()], ref: "1" });
    expect(await socket.next("ack")).toMatchObject({ ref: "1" });
    const faults: [object, object][] = [
      [
        { content: " ", files: [] },
        { code: "validation_failed", message: EMPTY },
      ],
      [{ files: null }, { code: "validation_failed", message: EMPTY }],
      [
        { client_id: "", content: "" },
        { code: "validation_failed", message: EMPTY },
      ],
      [{ files: ["x"] }, { code: "validation_failed", message: "files.0: Must be a valid UUID." }],
      [{ files: [crypto.randomUUID()] }, { code: "file_not_found" }],
      [{ files: [await upload("b.txt", "b", bob)] }, { code: "file_not_found" }],
      [
        { content: "?", files: [await upload()], poll: { question: "?", options: ["a", "b"] } },
        { code: "validation_failed", message: "files: A poll has no files." },
      ],
    ];
    for (const [frame, fault] of faults) {
      socket.send({ type: "message", ref: "f", ...frame });
      expect(await socket.next("error")).toMatchObject({ ref: "f", ...fault });
    }
    socket.close();
  });

  test("a body names every field that is wrong", async () => {
    const file = await upload();
    expectFaults(await send({}), "content");
    expectFaults(await send({ files: [] }), "content");
    expectFaults(await send({ content: 5, files: [file] }), "content");
    expectFaults(await send({ content: "", client_id: "\n", if_seq: -1 }), "content", "client_id", "if_seq");
    expectFaults(await send({ files: [file, file] }), "files");
    expectFaults(await send({ files: [file.toUpperCase(), file] }), "files");
    expectFaults(await send({ files: times(11, () => crypto.randomUUID()) }), "files");
    expectFaults(await send({ content: "text", files: "x" }), "files");
    expect((await send({ content: "\u200b", files: [file] })).body.data.content).toBe("");
    const later = { content: "later", files: [file], send_at: "2099-01-01T00:00:00Z" };
    expectFaults(await ann.post(`${CONVERSATIONS}${id}/scheduled/`, later), "files");
  });

  test("an edit may empty the text beside files, and a deletion takes them", async () => {
    const file = await upload();
    const sent: Message = dataOf(await send({ content: "Look!", files: [file] }), 201);
    expect(dataOf(await ann.patch(`${path}${sent.id}/`, { content: " " }))).toMatchObject({
      content: "",
      files: [{ id: file }],
    });
    const plain = await ann.send(id, "text");
    expectFaults(await ann.patch(`${path}${plain.id}/`, { content: " " }), "content");
    const socket = await ann.chat(id);
    socket.send({ type: "edit", message_id: plain.id, content: "", ref: "e" });
    expect(await socket.next("error")).toMatchObject({ ref: "e", message: EMPTY });
    socket.close();
    const listed = async () =>
      dataOf(await bob.get(`${CONVERSATIONS}${id}/files/`)).filter((one: { seq: number }) => one.seq === sent.seq);
    expect(await listed()).toMatchObject([{ message_id: sent.id, sender_name: "Ann Tester", file: { id: file } }]);
    expect(dataOf(await ann.delete(`${path}${sent.id}/`)).files).toBeUndefined();
    expect(await listed()).toEqual([]);
    expectError(await bob.get(`/api/files/${file}/`), 404);
    expectError(await send({ files: [file] }), 404, { code: "file_not_found" });
  });

  test("a quote of a message without text says what it has", async () => {
    const sent: Message = dataOf(await send({ files: [await upload("plan.txt")] }), 201);
    // The answer to a send does not wait long for quotes. A page does.
    await send({ content: "Thanks", reply_to: sent.id }, bob);
    expect((await newest(bob)).reply_to?.excerpt).toBe("plan.txt");
    const two: Message = dataOf(await send({ files: [await upload(), await upload()] }), 201);
    await send({ content: "!", reply_to: two.id }, bob);
    expect((await newest(bob)).reply_to?.excerpt).toBe("2 files");
    await ann.delete(`${path}${two.id}/`);
    expect((await newest(bob)).reply_to).toMatchObject({ excerpt: "", deleted: true });
  });

  test("a reply with files starts its thread, and a refused one starts none", async () => {
    const root = await ann.send(id, "root");
    const answer = (body: object) => bob.post(`${path}${root.id}/thread/messages/`, body);
    const file = await upload("t.txt", "t", bob);
    const sent: Message = dataOf(await answer({ files: [file], also_in_parent: true }), 201);
    expect(sent.files).toMatchObject([{ id: file }]);
    expect((await newest(ann)).files).toMatchObject([{ id: file }]);
    const inThread = dataOf(await ann.get(`${CONVERSATIONS}${sent.conversation_id}/files/`));
    expect(inThread).toMatchObject([{ seq: 1, file: { id: file } }]);
    await bob.delete(`${CONVERSATIONS}${sent.conversation_id}/messages/${sent.id}/`);
    expectError(await ann.get(`/api/files/${file}/`), 404);
  });

  test("the list takes kinds and places, and refuses others", async () => {
    const list = (query: string) => bob.get(`${CONVERSATIONS}${id}/files/?${query}`);
    expect(dataOf(await list("type=image,video,voice"))).toEqual([]);
    const [first] = dataOf(await list("type=other&after=0&limit=1"));
    const more = await list("type=other&after=0&limit=1");
    expect(more.body.meta.next).toBe(first.seq);
    expect(dataOf(await list(`before=${first.seq}`))).toEqual([]);
    for (const query of ["type=x", "type=", "before=x", "limit=0"]) expect((await list(query)).status).toBe(400);
    const stranger = await server.person();
    expectError(await stranger.get(`${CONVERSATIONS}${id}/files/`), 403);
  });
});
