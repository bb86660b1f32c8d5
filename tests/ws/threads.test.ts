import { beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";

setDefaultTimeout(60_000);

const CONVERSATIONS = "/api/chat/conversations/";

inEachMode("threads on sockets", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let eve: Client;
  let id: string;
  let root: Message;
  let threadId: string;

  beforeAll(async () => {
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
  });
  beforeEach(async () => {
    id = (await ann.conversation([bob, eve], "Lunch")).id;
    root = await ann.send(id, "Where?");
    threadId = (await bob.post(`${CONVERSATIONS}${id}/messages/${root.id}/thread/`)).body.data.id;
  });

  const aware = (client: Client) => client.hub("?accepts=threads");
  const about = (socket: Socket, conversation: string) =>
    socket.frames.filter((frame) => frame["conversation_id"] === conversation).map(({ type }) => type);
  test("any member subscribes to a thread and writes there", async () => {
    const socket = await eve.hub();
    socket.send({ type: "subscribe", conversation_id: threadId });
    expect(await socket.next("subscribed")).toMatchObject({ conversation_id: threadId, last_seq: 0, read_seq: 0 });
    socket.send({ type: "message", conversation_id: threadId, content: "Here.", client_id: "1" });
    expect(await socket.next("ack")).toMatchObject({ conversation_id: threadId, client_id: "1", seq: 1 });
    await socket.until(() => socket.all("message").length === 1);
    const chat = await bob.chat(threadId);
    await eve.send(threadId, "There.");
    await chat.until(() => chat.all("message").length === 1);
    chat.close();
    socket.close();
  });

  test("only sockets that ask for threads hear of those that they do not subscribe to", async () => {
    const [plain, asking] = [await ann.hub(), await aware(ann)];
    await bob.send(threadId, "one");
    await asking.until(() => about(asking, threadId).includes("activity"));
    const socket = await aware(bob);
    await bob.send(threadId, "two");
    await socket.until(() => about(socket, threadId).includes("activity"));
    for (const one of [plain, asking]) await one.settled();
    expect(about(plain, threadId)).toEqual([]);
    for (const one of [plain, asking, socket]) one.close();
  });

  test("a person who answers hears of the thread from then on, and a person who unfollows does not", async () => {
    const [plain, asking] = [await eve.hub(), await aware(eve)];
    await bob.send(threadId, "one");
    await eve.send(threadId, "two");
    const shown = await asking.next("conversation");
    expect(shown).toMatchObject({ conversation_id: threadId, conversation: { kind: "thread", is_following: true } });
    await bob.send(threadId, "three");
    await asking.until(() => asking.all("activity").some(({ last_seq }) => last_seq === 3));
    await eve.delete(`${CONVERSATIONS}${threadId}/follow/`);
    const unfollowed = await asking.next("conversation");
    expect(unfollowed).toMatchObject({ conversation: { is_following: false } });
    await bob.send(threadId, "four");
    await eve.send(threadId, "five");
    await bob.send(id, "in the conversation");
    await asking.until(() => about(asking, id).includes("activity"));
    expect(
      asking.all("activity").filter((frame) => frame["conversation_id"] === threadId && frame["last_seq"] > 3),
    ).toEqual([]);
    await eve.put(`${CONVERSATIONS}${threadId}/follow/`);
    expect(await asking.next("conversation")).toMatchObject({ conversation: { is_following: true } });
    await bob.send(threadId, "six");
    await asking.until(() => asking.all("activity").some(({ last_seq }) => last_seq === 6));
    expect(about(asking, threadId)).not.toContain("unsubscribed");
    await plain.settled();
    expect(about(plain, threadId)).toEqual([]);
    for (const one of [plain, asking]) one.close();
  });

  test("a removal from the conversation ends its threads on every socket", async () => {
    await eve.send(threadId, "mine");
    const [user, chat, watching] = [await aware(eve), await eve.chat(threadId), await aware(eve)];
    user.send({ type: "subscribe", conversation_id: threadId });
    await user.next("subscribed");
    await ann.delete(`${CONVERSATIONS}${id}/participants/${eve.id}/`);
    const closed = await chat.closed;
    expect(closed.code).toBe(4403);
    await user.until(() => about(user, threadId).includes("unsubscribed"));
    await watching.until(() => about(watching, id).includes("unsubscribed"));
    const before = [user, watching].map((socket) => about(socket, threadId).length);
    await bob.send(threadId, "after");
    for (const socket of [user, watching]) await socket.settled();
    expect([user, watching].map((socket) => about(socket, threadId).length)).toEqual(before);
    user.send({ type: "subscribe", conversation_id: threadId, ref: "again" });
    expect(await user.next("error")).toMatchObject({ code: "not_a_participant", ref: "again" });
    for (const socket of [user, watching]) socket.close();
  });

  test("a message that is not in time gets the newest seq", async () => {
    const socket = await bob.chat(id);
    socket.send({ type: "message", content: "late", client_id: "c", if_seq: 0 });
    expect(await socket.next("error")).toMatchObject({ code: "newer", last_seq: 1, client_id: "c" });
    socket.send({ type: "message", content: "in time", client_id: "d", if_seq: 1 });
    expect(await socket.next("ack")).toMatchObject({ client_id: "d", seq: 2 });
    socket.close();
  });

  test("a reply to both places, its edit and its deletion come on both", async () => {
    const [thread, parent] = [await ann.chat(threadId), await ann.chat(id)];
    const sender = await bob.chat(threadId);
    sender.send({ type: "message", content: "both", client_id: "b", also_in_parent: true, ref: "r" });
    const { id: replyId } = await sender.next("ack");
    await parent.until(() => parent.all("message").length === 1);
    const copy = parent.all("message")[0]?.["message"];
    expect(copy).toMatchObject({ content: "both", from_thread: { id: threadId, message_id: replyId } });
    sender.send({ type: "edit", message_id: replyId, content: "edited" });
    for (const socket of [thread, parent]) await socket.until(() => socket.all("message_changed").length >= 1);
    await bob.delete(`${CONVERSATIONS}${id}/messages/${copy.id}/`);
    await thread.until(() => thread.all("message_changed").some(({ message }) => message.deleted_at));
    for (const socket of [thread, parent, sender]) socket.close();
  });

  test("personal settings of a thread go to sockets that ask for threads alone", async () => {
    await eve.send(threadId, "mine");
    const [plain, asking] = [await eve.hub(), await aware(eve)];
    await eve.patch(`${CONVERSATIONS}${threadId}/me/`, { level: "nothing" });
    await eve.patch(`${CONVERSATIONS}${id}/me/`, { archived: true });
    expect(await asking.next("me")).toMatchObject({ key: threadId, value: { level: "nothing" } });
    const first = await plain.next("me");
    expect(first).toMatchObject({ key: id, value: { archived: true } });
    // The frame stands for both changes, so nothing is missing.
    expect(first["me_version"] - first["from"]).toBe(1);
    for (const one of [plain, asking]) one.close();
  });
});
