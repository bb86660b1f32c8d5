import { expect, setDefaultTimeout, test } from "bun:test";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";

setDefaultTimeout(60_000);

inEachMode("mentions on sockets", (mode) => {
  const server = withServer(mode);

  async function group() {
    const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    const { id } = await ann.conversation([bob, cid], "Team");
    return { ann, bob, cid, id };
  }

  test("come with the message, and as a me frame to the mentioned person alone", async () => {
    const { ann, bob, cid, id } = await group();
    const [writer, reader, other] = [await ann.chat(id), await bob.hub(), await cid.hub()];
    writer.send({ type: "message", content: `<@${bob.id}> look`, client_id: "m1" });
    const { id: message_id, seq } = await writer.next("ack");
    expect((await writer.next("message")).message.mentions).toEqual({ user_ids: [bob.id], names: ["Bob Tester"] });
    expect(await reader.next("me")).toMatchObject({ kind: "mention", key: id, value: { seq, message_id } });
    expect(await reader.next("activity")).toEqual({
      type: "activity",
      conversation_id: id,
      last_seq: 1,
      last_version: 1,
    });
    await other.settled();
    expect(other.all("me")).toEqual([]);
    for (const socket of [writer, reader, other]) socket.close();
  });

  test("that came while a device was away are in its stream and in its counts", async () => {
    const { ann, bob, id } = await group();
    await ann.send(id, `<@${bob.id}> one`);
    await ann.send(id, "plain");
    await ann.send(id, `<@${bob.id}> two`);
    const socket = await bob.hub("?after_me_version=0");
    expect(await socket.next("me")).toMatchObject({ kind: "mention", key: id, value: { seq: 3 } });
    socket.send({ type: "subscribe", conversation_id: id, after_version: 0 });
    expect(await socket.next("subscribed")).toMatchObject({ mention_count: 2, counted_seq: 3, read_seq: 0 });
    socket.send({ type: "read", conversation_id: id, seq: 1 });
    await socket.next("read_position");
    socket.send({ type: "unsubscribe", conversation_id: id });
    socket.send({ type: "subscribe", conversation_id: id });
    expect(await socket.next("subscribed")).toMatchObject({ mention_count: 1, read_seq: 1 });
    socket.close();
  });

  test("of everybody are marked in the activity of all", async () => {
    const { ann, bob, cid, id } = await group();
    const sockets = [await bob.hub(), await cid.hub()];
    await ann.send(id, "plain");
    await ann.send(id, "<!all>");
    for (const socket of sockets) {
      expect(await socket.next("activity")).not.toHaveProperty("last_scope_seq");
      expect(await socket.next("activity")).toMatchObject({ last_seq: 2, last_scope_seq: 2 });
      socket.close();
    }
  });

  test("keep the order of the sends of one socket", async () => {
    const { ann, bob, id } = await group();
    const socket = await ann.chat(id);
    for (let i = 0; i < 40; i++)
      socket.send({ type: "message", content: i % 3 ? `${i}` : `<@${bob.id}> <!here> ${i}`, client_id: `order-${i}` });
    await socket.until(() => socket.all("message").length === 40, 30_000);
    expect(socket.all("message").map(({ message }) => message.client_id)).toEqual(
      Array.from({ length: 40 }, (_, i) => `order-${i}`),
    );
    socket.close();
  });

  test("of an edit reach the new people, and the subscribers see them go", async () => {
    const { ann, bob, cid, id } = await group();
    const [writer, reader] = [await ann.chat(id), await cid.hub()];
    const { id: message_id } = await ann.send(id, `<@${bob.id}>`);
    writer.send({ type: "edit", message_id, content: `<@${cid.id}>`, ref: "e" });
    expect((await writer.next("message_changed")).message.mentions.user_ids).toEqual([cid.id]);
    expect(await reader.next("me")).toMatchObject({ kind: "mention", key: id, value: { seq: 1, message_id } });
    writer.send({ type: "edit", message_id, content: "nobody", ref: "e2" });
    expect((await writer.next("message_changed")).message).not.toHaveProperty("mentions");
    for (const socket of [writer, reader]) socket.close();
  });
});
