import { expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";

const REQUESTS = "/api/chat/requests/";

inEachMode("requests and hidden 1-on-1s on the user's socket", (mode) => {
  const server = withServer(mode);

  const picky = async (name: string) => {
    const person = await server.person(name);
    await person.patch("/api/users/profile/", { may_add_me: "nobody" });
    return person;
  };
  const ask = (from: Client, whom: Client) =>
    from.post("/api/chat/conversations/", { participant_ids: [whom.id] }).then(({ body }) => body.data.request);

  test("a request comes once, and ends on the other device when it is accepted", async () => {
    const [ann, bob] = [await server.person("Ann"), await picky("Bob")];
    const [one, two, asking] = [await bob.hub(), await bob.hub(), await ann.hub()];
    const sent = await ask(ann, bob);
    await ask(ann, bob);
    expect(await one.next("request")).toEqual({ type: "request", request: sent });
    expect(await two.next("request")).toEqual({ type: "request", request: sent });
    await bob.post(`${REQUESTS}${sent.id}/accept/`);
    for (const socket of [one, two]) {
      expect(await socket.next("request_ended")).toEqual({ type: "request_ended", request_id: sent.id });
      const { conversation } = await socket.next("conversation");
      expect(conversation.display_name).toBe("Chat with Ann Tester");
    }
    expect((await asking.next("conversation")).conversation.display_name).toBe("Chat with Bob Tester");
    for (const socket of [one, two, asking]) {
      await socket.settled();
      expect(socket.all("request").length).toBe(socket === asking ? 0 : 1);
      expect(socket.all("conversation")).toHaveLength(1);
      socket.close();
    }
  });

  test("a declined one ends on the other device, and its sender hears nothing", async () => {
    const [ann, bob] = [await server.person("Ann"), await picky("Bob")];
    const [one, asking] = [await bob.hub(), await ann.hub()];
    const sent = await ask(ann, bob);
    await bob.delete(`${REQUESTS}${sent.id}/`);
    expect(await one.next("request_ended")).toEqual({ type: "request_ended", request_id: sent.id });
    await asking.settled();
    expect(asking.frames.map(({ type }) => type)).toEqual(["connection_established", "pong"]);
    for (const socket of [one, asking]) socket.close();
  });

  test("a person who accepts joins the group in one change", async () => {
    const [ann, bob, cid, dee] = [
      await server.person("Ann"),
      await server.person("Bob"),
      await server.person("Cid"),
      await picky("Dee"),
    ];
    const { id } = await ann.conversation([bob, cid]);
    const [group, hub] = [await ann.chat(id), await dee.hub()];
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [dee.id] });
    const { request } = await hub.next("request");
    await bob.send(id, "before");
    await dee.post(`${REQUESTS}${request.id}/accept/`);
    expect(await group.next("participants")).toMatchObject({ version: 2, added: [{ id: dee.id }], removed: [] });
    expect((await hub.next("conversation")).conversation.id).toBe(id);
    await ann.send(id, "after");
    await hub.next("activity", (frame) => frame.conversation_id === id && frame.last_seq === 2);
    for (const socket of [group, hub]) socket.close();
  });

  test("a hidden 1-on-1 is announced to the person's own devices, without a version, and its activity still comes", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    await bob.send(id, "hello");
    const [one, two, other] = [await ann.hub(), await ann.hub(), await bob.hub()];
    await ann.delete(`/api/chat/conversations/${id}/participants/${ann.id}/`);
    for (const socket of [one, two])
      expect(await socket.next("hidden")).toEqual({ type: "hidden", conversation_id: id, last_seq: 1 });
    await bob.send(id, "are you there?");
    for (const socket of [one, two])
      await socket.next("activity", (frame) => frame.conversation_id === id && frame.last_seq === 2);
    await other.settled();
    expect(other.all("hidden")).toEqual([]);
    await ann.delete(`/api/chat/conversations/${id}/participants/${ann.id}/`);
    await ann.conversation([bob]);
    expect((await two.next("conversation")).conversation.id).toBe(id);
    for (const socket of [one, two, other]) socket.close();
  });
});
