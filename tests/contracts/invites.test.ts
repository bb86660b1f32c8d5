import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Stores } from "../../src/server/node/stores.ts";

import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const MAX = 1_000;
const RACING = 50;
const OPEN = { max: MAX, anyMaker: true };

let made = 0;
const newCode = () => `testcode${String(++made).padStart(8, "0")}`;
const newUser = (email = `racer${++made}@example.com`) => ({
  email,
  firstName: "New",
  lastName: "Comer",
  passwordHash: "none",
  isSuperuser: false,
});
const outcomes = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((each) =>
    each.status === "fulfilled"
      ? each.value === undefined
        ? "taken"
        : "in"
      : String(each.reason.reason ?? each.reason),
  );
const countOf = (all: string[], one: string) => all.filter((each) => each === one).length;

inEachDatabase("invites in the store", (mode) => {
  let stores: TestStores;
  let beside: Stores;
  let ann: number;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    beside = stores.beside();
    ann = await stores.user("Ann");
  });
  afterAll(() => stores.close());

  /** The stores of two nodes, in turn. */
  const each = (n: number) => (n % 2 === 0 ? stores : beside).invites;
  const group = async () => stores.conversation([ann, await stores.user(), await stores.user()]);
  const invite = async (conversationId: string | undefined, more: { maxUses?: number; makerId?: number } = {}) => {
    const options = { code: newCode(), makerId: ann, maxUses: undefined, expiresIn: undefined, ...more };
    return (await stores.invites.create(undefined, { conversationId, ...options })).code;
  };
  const usesOf = async (code: string) => {
    const rows = await stores.query<{ uses: number; people: number }>(
      "SELECT uses, (SELECT count(*)::int FROM invite_uses WHERE code = i.code) AS people FROM invites i WHERE code = $1",
      [code],
    );
    return rows[0];
  };
  const sizeOf = async (id: string) => {
    const rows = await stores.query<{ told: number; there: number; version: number }>(
      `SELECT participant_count AS told, (SELECT count(*)::int FROM participants WHERE conversation_id = c.id) AS there,
         last_version::int AS version FROM conversations c WHERE id = $1`,
      [id],
    );
    return rows[0];
  };
  const people = () => Promise.all(Array.from({ length: RACING }, () => stores.user()));

  test("an invite for 10 lets exactly 10 of 50 racing people in over two nodes", async () => {
    const id = await group();
    const code = await invite(id, { maxUses: 10 });
    const racers = await people();
    const all = await outcomes(racers.map((user, n) => each(n).accept(code, user, MAX)));
    expect([countOf(all, "in"), countOf(all, "invite_ended")]).toEqual([10, 40]);
    expect(await usesOf(code)).toEqual({ uses: 10, people: 10 });
    expect(await sizeOf(id)).toEqual({ told: 13, there: 13, version: 10 });
  });

  test("an invite for 10 makes exactly 10 accounts of 50 racing registrations over two nodes, each a member", async () => {
    const id = await group();
    const code = await invite(id, { maxUses: 10 });
    const racers = Array.from({ length: RACING }, () => newUser());
    const all = await outcomes(racers.map((user, n) => each(n).register(code, user, OPEN)));
    expect([countOf(all, "in"), countOf(all, "invite_ended")]).toEqual([10, 40]);
    expect(await usesOf(code)).toEqual({ uses: 10, people: 10 });
    expect(await sizeOf(id)).toEqual({ told: 13, there: 13, version: 10 });
    const known = await Promise.all(racers.map(({ email }) => stores.users.byEmail(email)));
    expect(known.filter(Boolean)).toHaveLength(10);
  });

  test("a person who accepts 50 times at once joins once and counts once", async () => {
    const id = await group();
    const code = await invite(id, { maxUses: 10 });
    const eve = await stores.user();
    const all = await outcomes(Array.from({ length: RACING }, (_, n) => each(n).accept(code, eve, MAX)));
    expect(countOf(all, "in")).toBe(RACING);
    expect(await usesOf(code)).toEqual({ uses: 1, people: 1 });
    expect(await sizeOf(id)).toEqual({ told: 4, there: 4, version: 1 });
  });

  test("a group with room for five lets five of 50 in, and counts five uses", async () => {
    const id = await group();
    const code = await invite(id);
    const racers = await people();
    const all = await outcomes(racers.map((user, n) => each(n).accept(code, user, 8)));
    expect([countOf(all, "in"), countOf(all, "group_full")]).toEqual([5, 45]);
    expect(await usesOf(code)).toEqual({ uses: 5, people: 5 });
  });

  test("an invite that is revoked while a person waits for the group does not let them in", async () => {
    const id = await group();
    const code = await invite(id);
    const racers = await people();
    const accepting = racers.map((user, n) => each(n).accept(code, user, MAX));
    const revoking = stores.invites.revoke(undefined, code, ann);
    const all = await outcomes(accepting);
    await revoking;
    expect(countOf(all, "in") + countOf(all, "invite_ended")).toBe(RACING);
    expect(await usesOf(code)).toEqual({ uses: countOf(all, "in"), people: countOf(all, "in") });
    expect((await stores.invites.find(code))?.state).toBe("revoked");
  });

  test("nothing is left of a group or its invites when people accept them during its removal", async () => {
    const id = await group();
    const code = await invite(id);
    const root = await stores.user("Root");
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [root]);
    const racers = await people();
    const accepting = racers.map((user, n) => each(n).accept(code, user, MAX));
    const removing = stores.admin.conversations.remove({ userId: root, address: "", network: "" }, id);
    const all = await outcomes(accepting);
    await removing;
    const refused = countOf(all, "conversation_not_found") + countOf(all, "invite_not_found");
    expect(countOf(all, "in") + refused).toBe(RACING);
    expect(await stores.invites.find(code)).toBeUndefined();
    expect(await stores.query("SELECT FROM invite_uses WHERE code = $1", [code])).toEqual([]);
  });

  describe("a person who was in the group before", () => {
    const removal = (id: string, user: number, by: number) =>
      stores.query("INSERT INTO removals (conversation_id, user_id, removed_by) VALUES ($1, $2, $3)", [id, user, by]);

    test("and was removed by its owner does not come back by an invite", async () => {
      const [id, eve] = [await group(), await stores.user()];
      const code = await invite(id);
      await removal(id, eve, ann);
      expect(await outcomes([stores.invites.accept(code, eve, MAX)])).toEqual(["removed_from_group"]);
      expect(await usesOf(code)).toEqual({ uses: 0, people: 0 });
    });

    test("and left by themselves comes back, and may be added again", async () => {
      const [id, eve] = [await group(), await stores.user()];
      const code = await invite(id);
      await removal(id, eve, eve);
      expect(await outcomes([stores.invites.accept(code, eve, MAX)])).toEqual(["in"]);
      expect(await stores.query("SELECT FROM removals WHERE conversation_id = $1", [id])).toEqual([]);
    });
  });

  test("an invite works when a clock that was set back dates it before its maker's membership", async () => {
    const id = await group();
    await stores.query("UPDATE participants SET joined_at = now() + interval '1 hour' WHERE conversation_id = $1", [
      id,
    ]);
    const code = await invite(id);
    expect((await stores.invites.find(code))?.state).toBe("active");
  });

  test("an invite of the command line belongs to the first superuser", async () => {
    const wanted = { code: newCode(), conversationId: undefined, makerId: null, maxUses: 1, expiresIn: 60 };
    await stores.query("UPDATE users SET is_superuser = false", []);
    expect(await outcomes([stores.invites.create(null, wanted)])).toEqual(["user_not_found"]);
    const [first, second] = [await stores.user(), await stores.user()];
    await stores.query("UPDATE users SET is_superuser = true WHERE id IN ($1, $2)", [second, first]);
    const { createdBy, state } = await stores.invites.create(null, wanted);
    expect([createdBy.id, state]).toEqual([first, "active"]);
  });

  test("tidying deletes invites that ended more than 90 days ago, with their uses, and nothing else", async () => {
    const id = await group();
    const codes = await Promise.all([1, 2, 3, 4, 5, 6].map(() => invite(id, { maxUses: 1 })));
    const [revoked, expired, usedUp, usedLately, working, endedLately] = codes as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    for (const code of [revoked, usedUp, usedLately]) await stores.invites.accept(code, await stores.user(), MAX);
    const old = "now() - interval '91 days'";
    await stores.query(`UPDATE invites SET created_at = ${old} WHERE conversation_id = $1`, [id]);
    await stores.query(`UPDATE participants SET joined_at = now() - interval '92 days' WHERE conversation_id = $1`, [
      id,
    ]);
    await stores.query(`UPDATE invites SET revoked_at = ${old} WHERE code = $1`, [revoked]);
    await stores.query(`UPDATE invites SET expires_at = ${old} WHERE code = $1`, [expired]);
    await stores.query("UPDATE invites SET expires_at = now() - interval '1 day' WHERE code = $1", [endedLately]);
    await stores.query(`UPDATE invite_uses SET at = ${old} WHERE code IN ($1, $2)`, [usedUp, revoked]);
    for (let rounds = 0; rounds < 3; rounds++) await stores.invites.tidy();
    const left = (await stores.invites.list({ conversationId: id, makerId: undefined, limit: 10, offset: 0 })).invites;
    expect(left.map(({ code }) => code).sort()).toEqual([usedLately, working, endedLately].sort());
  });
});

inEachDatabase("password links in the store", (mode) => {
  let stores: TestStores;
  let beside: Stores;
  let root: { userId: number; address: string; network: string };
  beforeAll(async () => {
    stores = await openTestStores(mode);
    beside = stores.beside();
    root = { userId: await stores.user("Root"), address: "192.0.2.1", network: "192.0.2.1" };
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [root.userId]);
  });
  afterAll(() => stores.close());

  const each = (n: number) => (n % 2 === 0 ? stores : beside).passwordLinks;

  test("one of 50 links made at once for one person works", async () => {
    const ann = await stores.user();
    const keys = Array.from({ length: RACING }, (_, n) => `key ${n} of ${ann}`);
    await Promise.all(keys.map((key, n) => each(n).make(root, ann, { key, life: 60 })));
    const found = await Promise.all(keys.map((key) => stores.passwordLinks.find(key)));
    expect(found.filter(Boolean)).toHaveLength(1);
  });

  test("one of 50 uses over two nodes sets a password while other links are made", async () => {
    const ann = await stores.user();
    await stores.passwordLinks.make(root, ann, { key: `first of ${ann}`, life: 60 });
    const uses = Array.from({ length: RACING }, (_, n) => each(n).confirm(`first of ${ann}`, `hash ${n}`));
    const making = stores.passwordLinks.make(root, ann, { key: `second of ${ann}`, life: 60 });
    const done = await Promise.all(uses);
    await making;
    const won = done.flatMap((one, n) => (one ? [`hash ${n}`] : []));
    expect(won.length).toBeLessThanOrEqual(1);
    expect((await stores.users.byId(ann))?.passwordHash).toBe(won[0] ?? "none");
  });

  test("a link works until it expires, and is deleted then", async () => {
    const ann = await stores.user();
    const key = `late of ${ann}`;
    await stores.passwordLinks.make(root, ann, { key, life: 60 });
    await stores.passwordLinks.prune();
    expect((await stores.passwordLinks.find(key))?.user.id).toBe(ann);
    await stores.query("UPDATE password_links SET expires_at = now() - interval '1 second' WHERE key = $1", [key]);
    expect(await stores.passwordLinks.find(key)).toBeUndefined();
    expect(await stores.passwordLinks.confirm(key, "hash")).toBeUndefined();
    await stores.passwordLinks.prune();
    expect(await stores.query("SELECT FROM password_links WHERE key = $1", [key])).toEqual([]);
  });

  test("no link is made when it can't be written to the audit log, or the caller is no superuser", async () => {
    const ann = await stores.user();
    const links = () => stores.query("SELECT FROM password_links WHERE user_id = $1", [ann]);
    const attempts = (by: typeof root) => [
      () => stores.passwordLinks.make(by, ann, { key: newCode(), life: 60 }),
      () => stores.passwordLinks.addUser(by, newUser("never@example.com"), { key: newCode(), life: 60 }),
      () =>
        stores.invites.create(by, {
          code: newCode(),
          conversationId: undefined,
          makerId: by.userId,
          maxUses: undefined,
          expiresIn: 60,
        }),
    ];
    for (const attempt of attempts({ userId: ann, address: "", network: "" }))
      await expect(attempt()).rejects.toThrow("Not found");
    await stores.query("ALTER TABLE audit_log ADD CONSTRAINT broken CHECK (false) NOT VALID", []);
    for (const attempt of attempts(root)) await expect(attempt()).rejects.toThrow();
    await stores.query("ALTER TABLE audit_log DROP CONSTRAINT broken", []);
    expect(await links()).toEqual([]);
    expect(await stores.users.byEmail("never@example.com")).toBeUndefined();
    expect(await stores.query("SELECT FROM invites", [])).toEqual([]);
  });
});
