import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Answer, Client } from "../support/client.ts";
import { startClosedDirectory } from "../support/closed-directory.ts";
import { inEachMode } from "../support/modes.ts";
import type { TestServer } from "../support/server.ts";
import { dataOf, expectFaults, ids, times } from "./expectations.ts";

const PATH = "/api/chat/conversations/";
const create = (client: Client, participant_ids: number[]) => client.post(PATH, { participant_ids });
const add = (client: Client, id: string, user_ids: number[]) => client.post(`${PATH}${id}/participants/`, { user_ids });

/** An answer about an id, as it would be about any other. */
const saidOf = ({ status, text }: Answer, id: number) => ({ status, text: text.replaceAll(String(id), "<id>") });

inEachMode("DIRECTORY=shared", (mode) => {
  let server: TestServer;
  let ann: Client;
  let bob: Client;
  let cid: Client;
  let stranger: Client;
  let dee: Client;
  let eve: Client;
  let others: string;
  let group: string;
  let nobody: number;

  beforeAll(async () => {
    const meet = async (open: TestServer) => {
      const people: [Client, Client, Client, Client, Client, Client] = [
        await open.person("Ann"),
        await open.person("Bob"),
        await open.person("Cid"),
        await open.person("Zoe"),
        await open.person("Dee"),
        await open.person("Eve"),
      ];
      const [a, b, c, z, d, e] = people;
      group = (await a.conversation([b, c], "Friends")).id;
      others = (await d.conversation([e, z], "Others")).id;
      return people;
    };
    const closed = await startClosedDirectory(mode, meet);
    server = closed.server;
    [ann, bob, cid, stranger, dee, eve] = closed.people;
    nobody = eve.id + 1_000;
  });
  afterAll(() => server.stop());

  test("a stranger's id begins no conversation, and is answered as one that nobody has", async () => {
    const answer = await create(ann, [stranger.id]);
    expectFaults(answer, "participant_ids");
    expect(saidOf(answer, stranger.id)).toEqual(saidOf(await create(ann, [nobody]), nobody));
    expectFaults(await create(ann, [bob.id, stranger.id]), "participant_ids");
    expect(answer.text).not.toContain(stranger.user?.email);
  });

  test("a stranger's id is added to no group, and is answered as one that nobody has", async () => {
    const answer = await add(ann, group, [stranger.id]);
    expectFaults(answer, "user_ids");
    expect(saidOf(answer, stranger.id)).toEqual(saidOf(await add(ann, group, [nobody]), nobody));
  });

  test("people who share a conversation begin others", async () => {
    const made = dataOf(await create(ann, [bob.id, cid.id]), 201);
    expect(ids(made.participants)).toEqual([bob.id, cid.id, ann.id]);
    dataOf(await create(bob, [cid.id]), 201);
  });

  test("strangers among a thousand ids are refused in one answer", async () => {
    const asked = [...times(990, (i) => nobody + i), stranger.id, bob.id];
    const answer = await create(ann, asked);
    expectFaults(answer, "participant_ids");
    expect(answer.body.errors.participant_ids).toHaveLength(1);
    expectFaults(await create(ann, [...asked.slice(-2), ann.id]), "participant_ids");
  });

  test("the list and the search have no strangers", async () => {
    expect(ids(dataOf(await ann.get("/api/users/list/"))).sort()).toEqual([bob.id, cid.id].sort());
    expect(dataOf(await ann.get(`/api/users/list/?search=${stranger.user?.email}`))).toEqual([]);
    expect(ids(dataOf(await stranger.get("/api/users/list/"))).sort()).toEqual([dee.id, eve.id].sort());
  });

  test("a stranger who is watched looks like nobody", async () => {
    const [socket, there] = [await ann.hub(), await stranger.hub()];
    socket.send({ type: "watch", user_ids: [stranger.id, nobody] });
    const frames = [await socket.next("presence"), await socket.next("presence")];
    expect(frames).toEqual(
      [stranger.id, nobody].map((user_id) => ({ type: "presence", user_id, online: false, last_seen: null })),
    );
    socket.close();
    there.close();
  });

  test("people who have left the last conversation that they shared are strangers again", async () => {
    dataOf(await create(dee, [eve.id, stranger.id]), 201);
    const shared = dataOf(await dee.get(PATH));
    for (const { id } of shared) dataOf(await dee.delete(`${PATH}${id}/participants/${dee.id}/`));
    expect(ids(shared)).toContain(others);
    expect(saidOf(await create(dee, [eve.id]), eve.id)).toEqual(saidOf(await create(dee, [nobody]), nobody));
  });
});
