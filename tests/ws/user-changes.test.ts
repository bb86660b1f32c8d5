import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { on } from "../nodes/two-nodes.ts";
import type { Client } from "../support/client.ts";
import { inEachMode, makePlace, modes, type Place } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { superuser } from "../support/superuser.ts";

setDefaultTimeout(60_000);

const rename = (person: Client, first_name: string) => person.call("PATCH", "/api/users/profile/", { first_name });
const usersTold = (socket: Socket) => socket.all("user").map(({ user }) => [user.id, user.full_name]);

inEachMode("a change of a user's name or account", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let eve: Client;

  beforeAll(async () => {
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
  });

  test("reaches each `/ws/` socket of the user, and of people who share a conversation with them, once", async () => {
    // Several conversations, of which one socket is subscribed to some.
    const ids = [
      (await ann.conversation([bob])).id,
      (await ann.conversation([bob, eve], "One")).id,
      (await ann.conversation([bob, eve], "Two")).id,
    ];
    const stranger = await (await server.person("Zoe")).hub();
    const own = await ann.hub();
    const theirs = [await bob.hub(), await bob.hub(), await eve.hub()];
    const chat = await bob.chat(ids[0] ?? "");
    theirs[0]?.send({ type: "subscribe", conversation_id: ids[1] });
    await theirs[0]?.next("subscribed");
    const { body } = await rename(ann, "Annabel");
    const { may_add_me: _, ...asOthersSeeThem } = body.data;
    for (const socket of [own, ...theirs]) {
      expect((await socket.next("user")).user).toEqual(asOthersSeeThem);
      await socket.settled();
      expect(usersTold(socket)).toEqual([[ann.id, body.data.full_name]]);
    }
    for (const socket of [chat, stranger]) {
      await socket.settled();
      expect(socket.all("user")).toEqual([]);
    }
    for (const socket of [own, ...theirs, chat, stranger]) socket.close();
  });

  test("has the newest name when names change quickly, in no more frames than changes", async () => {
    await ann.conversation([bob]);
    const hub = await bob.hub();
    for (let i = 0; i < 10; i++) await rename(ann, `Ann${"abcdefghij"[i]}`);
    await hub.until(() => hub.all("user").at(-1)?.user.first_name === "Annj");
    await hub.settled();
    expect(hub.all("user").length).toBeLessThanOrEqual(10);
    expect(hub.all("user").at(-1)?.user.first_name).toBe("Annj");
    hub.close();
  });

  test("does not reach people who have left every shared conversation", async () => {
    const [kim, leo] = [await server.person("Kim"), await server.person("Leo")];
    const { id } = await kim.conversation([leo, ann], "Left");
    const hub = await leo.hub();
    await leo.call("DELETE", `/api/chat/conversations/${id}/participants/${leo.id}/`);
    await hub.next("unsubscribed");
    await rename(kim, "Kimberly");
    await hub.settled();
    await Bun.sleep(200);
    expect(hub.all("user")).toEqual([]);
    hub.close();
  });

  test("shows a user as deactivated, and as active again", async () => {
    const root = await superuser(server);
    const gone = await server.person("Gus");
    await gone.conversation([bob]);
    const hub = await bob.hub();
    const change = (is_active: boolean) => root.call("PATCH", `/api/admin/users/${gone.id}/`, { is_active });
    await change(false);
    expect((await hub.next("user")).user).toMatchObject({ id: gone.id, is_active: false });
    await change(true);
    await hub.until(() => hub.all("user").length === 2);
    expect(hub.all("user").at(-1)?.user).not.toContainKey("is_active");
    hub.close();
  });
});

if (modes.includes("redis"))
  test("reaches sockets on another node when a name changes on this node", async () => {
    const place: Place = await makePlace("redis");
    const nodes = [
      await startTestServer("redis", place.environment),
      await startTestServer("redis", place.environment),
    ];
    const [one, two] = nodes;
    if (!one || !two) throw new Error("two nodes were started");
    const ann = await one.person("Ann");
    const bob = on(two, await one.person("Bob"));
    await ann.conversation([bob]);
    const hub = await bob.hub();
    await rename(ann, "Annabel");
    expect((await hub.next("user")).user).toMatchObject({ id: ann.id, first_name: "Annabel" });
    hub.close();
    for (const node of nodes) await node.stop();
    place.remove();
  });
