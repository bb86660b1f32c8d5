import { afterAll, beforeAll, expect, test } from "bun:test";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the store of sessions", (mode) => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());

  const start = async (userId: number, network = "192.0.2.1", max = 50) => {
    const id = Bun.randomUUIDv7();
    const session = { id, key: id, userId, passwordHash: "none", address: network, network, client: "" };
    return { id, pushedOut: await stores.sessions.create(session, max) };
  };
  const known = async (userId: number, network: string) =>
    (await stores.sessions.standing({ userId }, { network, address: "nowhere" }))?.isKnown;
  const emailOf = async (userId: number) => (await stores.users.byId(userId))?.user.email ?? "";

  test("a session starts only with the password hash that was checked", async () => {
    const ann = await stores.user("Ann");
    const session = { id: Bun.randomUUIDv7(), key: "k", userId: ann, address: "", network: "", client: "" };
    expect(await stores.sessions.create({ ...session, passwordHash: "other" }, 50)).toBeUndefined();
    expect(await known(ann, "")).toBe(false);
    await stores.admin.users.change(null, ann, { isActive: false });
    expect(await stores.sessions.create({ ...session, passwordHash: "none" }, 50)).toBeUndefined();
  });

  test("the sessions used longest ago end when a user has too many, and no other user's", async () => {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const theirs = await start(bob);
    const made = [];
    for (let n = 0; n < 5; n++) made.push(await start(ann));
    await stores.query("UPDATE sessions SET last_used_at = now() - interval '1 hour' WHERE id = ANY ($1::uuid[])", [
      [made[1]?.id ?? "", made[3]?.id ?? ""],
    ]);
    const { pushedOut } = await start(ann, "192.0.2.1", 4);
    expect(pushedOut?.map(({ id }) => id).sort()).toEqual([made[1]?.id ?? "", made[3]?.id ?? ""].sort());
    expect(await stores.sessions.list(ann)).toHaveLength(4);
    expect((await stores.sessions.list(bob)).map(({ id }) => id)).toEqual([theirs.id]);
  });

  test("racing logins leave as many sessions as a user may have", async () => {
    const ann = await stores.user("Ann");
    const started = await Promise.all(Array.from({ length: 20 }, (_, i) => start(ann, `192.0.2.${i}`, 4)));
    expect(started.flatMap(({ pushedOut }) => pushedOut ?? [])).toHaveLength(16);
    expect(await stores.sessions.list(ann)).toHaveLength(4);
  });

  test("a network is known to that user alone from the first login on, by e-mail and by id", async () => {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    expect(await known(ann, "198.51.100.1")).toBe(false);
    await start(ann, "198.51.100.1");
    expect([await known(ann, "198.51.100.1"), await known(ann, "198.51.100.2")]).toEqual([true, false]);
    expect(await known(bob, "198.51.100.1")).toBe(false);
    const from = { network: "198.51.100.1", address: "" };
    const email = await emailOf(ann);
    expect(await stores.sessions.standing({ email }, from)).toEqual({ userId: ann, email, isKnown: true });
    expect(await stores.sessions.standing({ email: "nobody@example.com" }, from)).toBeUndefined();
  });

  test("a session of the last release also shows where its user has signed in", async () => {
    const ann = await stores.user("Ann");
    await stores.query(
      "INSERT INTO sessions (id, key, user_id, address, client) VALUES (gen_random_uuid(), $2, $1, '198.51.100.9', '')",
      [ann, crypto.randomUUID()],
    );
    const from = { network: "198.51.100.9", address: "198.51.100.9" };
    expect((await stores.sessions.standing({ userId: ann }, from))?.isKnown).toBe(true);
  });

  test("the last fifty networks of a user are remembered for ninety days", async () => {
    const ann = await stores.user("Ann");
    await stores.query(
      `INSERT INTO known_networks (user_id, network, last_at)
       SELECT $1, '10.0.0.' || n, now() - n * interval '1 day' FROM generate_series(1, 60) AS n`,
      [ann],
    );
    await start(ann, "10.0.0.60");
    const kept = await stores.query<{ network: string }>("SELECT network FROM known_networks WHERE user_id = $1", [
      ann,
    ]);
    expect(kept).toHaveLength(50);
    expect([await known(ann, "10.0.0.60"), await known(ann, "10.0.0.49"), await known(ann, "10.0.0.50")]).toEqual([
      true,
      true,
      false,
    ]);
    await stores.query("UPDATE known_networks SET last_at = now() - interval '91 days' WHERE network = $1", [
      "10.0.0.2",
    ]);
    await stores.sessions.prune();
    expect([await known(ann, "10.0.0.2"), await known(ann, "10.0.0.3")]).toEqual([false, true]);
  });

  test("a session counts as proved for 15 minutes of the database's clock, and again after `prove` and `renew`", async () => {
    const ann = await stores.user("Ann");
    const { id } = await start(ann);
    const isProved = async (key = id) => (await stores.sessions.find(key))?.isProved;
    const age = (interval: string) =>
      stores.query("UPDATE sessions SET proved_at = now() - $2::text::interval WHERE id = $1::uuid", [id, interval]);
    expect(await isProved()).toBe(true);
    await age("14 minutes 50 seconds");
    expect(await isProved()).toBe(true);
    await age("15 minutes 1 second");
    expect(await isProved()).toBe(false);
    await stores.sessions.prove(id);
    expect(await isProved()).toBe(true);
    await age("1 day");
    await stores.sessions.renew(id, `${id} new`);
    expect(await isProved(`${id} new`)).toBe(true);
  });

  test("`endOthers` ends all sessions of a user but one", async () => {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const [kept, other, theirs] = [await start(ann), await start(ann), await start(bob)];
    expect((await stores.sessions.endOthers(ann, kept.id)).map(({ id }) => id)).toEqual([other.id]);
    expect(await stores.sessions.find(kept.id)).toBeDefined();
    expect(await stores.sessions.find(theirs.id)).toBeDefined();
  });

  test("a view of a user is written down once an hour for each admin and user", async () => {
    const people = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Cat")];
    const [ann = 0, bob = 0, cat = 0] = people;
    for (const id of [ann, bob]) await stores.admin.users.change(null, id, { isSuperuser: true });
    const by = (userId: number) => ({ userId, address: "192.0.2.1", network: "192.0.2.1" });
    const looks = async () => {
      const query = { actorId: undefined, action: "user_viewed", before: undefined, limit: 50 } as const;
      const { entries } = await stores.audit.list({ ...query, target: { type: "user", id: String(cat) } });
      return entries.map(({ actor }) => actor?.id);
    };
    await Promise.all(Array.from({ length: 5 }, () => stores.admin.users.noteViewing(by(ann), cat)));
    expect(await looks()).toEqual([ann]);
    await stores.admin.users.noteViewing(by(bob), cat);
    expect(await looks()).toEqual([bob, ann]);
    await stores.query("UPDATE audit_log SET at = at - interval '1 hour' WHERE action = 'user_viewed'", []);
    await stores.admin.users.noteViewing(by(ann), cat);
    expect(await looks()).toEqual([ann, bob, ann]);
  });
});
