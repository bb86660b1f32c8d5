import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ConfabClient, type Conversation, type MessageView, memoryStorage } from "../../src/sdk/index.ts";
import type { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";
import { range, sendAll } from "../ws/frames.ts";
import { clientOf, online, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

const quotes = ({ messages }: MessageView) => messages.flatMap(({ reply_to }) => reply_to ?? []);
const names = ({ messages }: MessageView) => messages.map(({ sender_name }) => sender_name);

describe("quotes, names and lines in the client", () => {
  let server: TestServer;
  let ann: Client;
  let bob: Client;
  let eve: Client;
  beforeAll(async () => {
    server = await sharedServer();
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
  });
  const open = async (
    id: string,
    options: Parameters<typeof clientOf>[1] = {},
  ): Promise<[ConfabClient, Conversation]> => {
    const client = await online(clientOf(ann, options));
    const chat = client.open(id);
    await until(() => chat.state === "live");
    return [client, chat];
  };
  const group = async () => (await ann.conversation([bob, eve], "Group")).id;
  const path = (id: string) => `/api/chat/conversations/${id}/messages/`;
  const rename = (person: Client, first_name: string) => person.patch("/api/users/profile/", { first_name });

  test("a quote follows an edit, a rename and the deletion of the quoted message", async () => {
    const id = await group();
    const quoted = await bob.send(id, "first **version**");
    const [client, chat] = await open(id);
    const { done } = chat.send("a reply", { reply_to: quoted.id });
    await done;
    await until(() => quotes(chat)[0]?.excerpt === "first version");
    await bob.patch(`${path(id)}${quoted.id}/`, { content: "*second*" });
    await until(() => quotes(chat)[0]?.excerpt === "second");
    await rename(bob, "Robert");
    await until(() => quotes(chat)[0]?.sender_name === "Robert Tester");
    expect(names(chat)[0]).toBe("Robert Tester");
    await bob.delete(`${path(id)}${quoted.id}/`);
    await until(() => quotes(chat)[0]?.deleted);
    expect(quotes(chat)[0]).toMatchObject({ id: quoted.id, seq: quoted.seq, excerpt: "", deleted: true });
    // The server says the same.
    const { body } = await ann.get(path(id));
    expect(quotes(chat)).toEqual([body.data.messages.at(-1).reply_to]);
    await client.close();
  });

  test("a quote in a window far back follows too", async () => {
    const id = await group();
    const quoted = await bob.send(id, "far back");
    await eve.post(path(id), { content: "reply", reply_to: quoted.id });
    const socket = await eve.chat(id);
    await sendAll(socket, range(1, 300).map(String));
    socket.close();
    const [client, chat] = await open(id);
    const window = await chat.around(2);
    expect(quotes(window)[0]?.excerpt).toBe("far back");
    await bob.patch(`${path(id)}${quoted.id}/`, { content: "changed" });
    await until(() => quotes(window)[0]?.excerpt === "changed");
    await rename(bob, "Bobby");
    await until(() => quotes(window)[0]?.sender_name === "Bobby Tester");
    expect(names(window)[0]).toBe("Bobby Tester");
    await client.close();
  });

  test("stored messages show no name and no quote of before the client was away", async () => {
    const id = await group();
    const quoted = await bob.send(id, "stored");
    await ann.post(path(id), { content: "reply", reply_to: quoted.id });
    await eve.send(id, "nothing happens to this");
    const storage = memoryStorage();
    const [first, chat] = await open(id, { storage });
    await bob.patch(`/api/chat/conversations/${id}/`, { name: "Renamed" });
    await until(() => chat.lines.length === 1);
    await first.close();

    await rename(bob, "Bert");
    await rename(eve, "Evelyn");
    await bob.patch(`${path(id)}${quoted.id}/`, { content: "edited meanwhile" });
    const [second, again] = await open(id, { storage });
    await until(() => quotes(again)[0]?.excerpt === "edited meanwhile");
    await until(() => names(again)[0] === "Bert Tester");
    expect(quotes(again)[0]?.sender_name).toBe("Bert Tester");
    expect(again.lines).toMatchObject([{ kind: "renamed", name: "Renamed" }]);
    await until(() => names(again)[2] === "Evelyn Tester");
    expect(again.lastMessage).toMatchObject({ sender_name: "Evelyn Tester" });
    await second.close();
  });

  test("lines come with pages and live, once each, and follow renames", async () => {
    const id = await group();
    const cid = await server.person("Cid");
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [cid.id] });
    const { id: messageId } = await bob.send(id, "one");
    const [client, chat] = await open(id);
    await until(() => chat.lines.length === 1);
    expect(chat.lines).toMatchObject([
      { after_seq: 0, kind: "members_added", user_id: ann.id, users: [{ id: cid.id }] },
    ]);
    await cid.delete(`/api/chat/conversations/${id}/participants/${cid.id}/`);
    await until(() => chat.lines.length === 2);
    await bob.call("PUT", `${path(id)}${messageId}/pin/`);
    await until(() => chat.lines.length === 3);
    expect(chat.lines[2]).toMatchObject({ kind: "pinned", user_id: bob.id, after_seq: 1, message_seq: 1 });
    await rename(ann, "Anna");
    await until(() => chat.lines[0]?.user_name === "Anna Tester");
    await rename(ann, "Ann");
    await until(() => chat.lines[0]?.user_name === "Ann Tester");
    const { body } = await bob.get(path(id));
    expect(chat.lines.map(({ version, kind }) => [version, kind])).toEqual(
      body.data.lines.map(({ version, kind }: { version: number; kind: string }) => [version, kind]),
    );
    await client.close();
  });
});
