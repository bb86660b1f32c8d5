import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { until } from "../sdk/people.ts";
import type { Client } from "../support/client.ts";
import { inEachMode, makePlace, modes } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { openTestStores } from "../support/stores.ts";
import { superuser } from "../support/superuser.ts";

setDefaultTimeout(60_000);

/** Groups of one owner. */
const MANY = 60;
const PATIENCE_MS = 40_000;

inEachMode("a group whose owner is deactivated", (mode) => {
  const server = withServer(mode);
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server);
  });

  const setActive = (person: Client, is_active: boolean) =>
    root.call("PATCH", `/api/admin/users/${person.id}/`, { is_active });
  const infoOf = async (id: string, as: Client) => (await as.get(`/api/chat/conversations/${id}/`)).body.data;
  const people = (names: string[]) => Promise.all(names.map((name) => server.person(name)));

  test("goes to its longest-standing active member, by one change in the order of the log, and stays theirs", async () => {
    const [ann, bob, eve, kim] = await people(["Ann", "Bob", "Eve", "Kim"]);
    if (!ann || !bob || !eve || !kim) throw new Error("four people");
    const { id } = await ann.conversation([bob, eve, kim], "Friends");
    await setActive(bob, false);
    const chat = await eve.chat(id);
    await setActive(ann, false);
    const frame = await chat.next("participants");
    expect(frame).toMatchObject({ version: 1, added: [], removed: [], name: "Friends", owner_id: eve.id });
    expect(await infoOf(id, kim)).toMatchObject({ owner_id: eve.id, participant_count: 4 });
    // They can manage it.
    const path = `/api/chat/conversations/${id}/participants/`;
    expect((await eve.call("DELETE", `${path}${ann.id}/`)).status).toBe(200);
    expect((await chat.next("participants", ({ version }) => version === 2)).removed).toEqual([ann.id]);
    await setActive(ann, true);
    await setActive(bob, true);
    await ann.logIn(ann.user?.email ?? "");
    expect((await infoOf(id, kim)).owner_id).toBe(eve.id);
    // An owner who leaves passes it on to an active member too.
    await setActive(bob, false);
    await eve.call("DELETE", `${path}${eve.id}/`);
    expect((await infoOf(id, kim)).owner_id).toBe(kim.id);
    chat.close();
  });

  test("gets an owner when one of its members is active again", async () => {
    const [ann, bob, eve] = await people(["Ann", "Bob", "Eve"]);
    if (!ann || !bob || !eve) throw new Error("three people");
    const { id } = await ann.conversation([bob, eve]);
    for (const person of [bob, eve, ann]) await setActive(person, false);
    await setActive(eve, true);
    await eve.logIn(eve.user?.email ?? "");
    await until(async () => (await infoOf(id, eve)).owner_id === eve.id);
  });

  test("is passed on with all others of the owner, and 1-on-1 conversations stay as they are", async () => {
    const [ann, bob, eve] = await people(["Ann", "Bob", "Eve"]);
    if (!ann || !bob || !eve) throw new Error("three people");
    const pair = await ann.conversation([bob]);
    const ids: string[] = [];
    for (let i = 0; i < MANY; i++) ids.push((await ann.conversation([bob, eve], `Group ${i}`)).id);
    const hub = await bob.hub();
    await setActive(ann, false);
    const moved = () => new Set(hub.all("activity").map((frame) => frame.conversation_id));
    await hub.until(() => moved().size === MANY, PATIENCE_MS);
    for (const id of ids) expect((await infoOf(id, bob)).owner_id).toBe(bob.id);
    expect((await infoOf(pair.id, bob)).owner_id).toBeNull();
    hub.close();
  });
});

inEachMode("a group whose owner was deactivated before this version", (mode) => {
  test("gets an owner by one change however many nodes pass it on", async () => {
    const stores = await openTestStores(mode);
    const [owner, heir, other] = [await stores.user(), await stores.user(), await stores.user()];
    const id = await stores.conversation([owner, heir, other]);
    await stores.query("UPDATE users SET is_active = false WHERE id = $1", [owner]);
    expect(await stores.admin.users.deactivated(0, 10)).toEqual([owner]);
    expect(await stores.admin.conversations.ownedGroups(owner)).toEqual([id]);
    // Two nodes that start together: one change.
    const changes = await Promise.all([1, 2].map(() => stores.beside().admin.conversations.passOn(id)));
    expect(changes.filter(({ change }) => change)).toMatchObject([{ change: { version: 1, ownerId: heir } }]);
    expect((await stores.conversations.record(id))?.ownerId).toBe(heir);
    await stores.close();
  });
});

if (modes.includes("postgres"))
  test("a node that starts passes on the groups of owners who were deactivated before", async () => {
    const place = await makePlace("postgres");
    const first = await startTestServer("postgres", place.environment);
    const [ann, bob, eve] = [await first.person("Ann"), await first.person("Bob"), await first.person("Eve")];
    const { id } = await ann.conversation([bob, eve]);
    await first.stop();
    const sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1 });
    await sql`UPDATE users SET is_active = false WHERE id = ${ann.id}`;
    const second = await startTestServer("postgres", place.environment);
    await until(
      async () => (await sql`SELECT owner_id FROM conversations WHERE id = ${id}`)[0]?.["owner_id"] === bob.id,
    );
    await second.stop();
    await sql.end();
    place.remove();
  });
