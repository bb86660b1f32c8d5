import { afterAll, beforeAll, expect, test } from "bun:test";
import { inEachMode } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachMode("what admins do", (mode) => {
  let stores: TestStores;
  let root: number;
  let ann: number;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    [root, ann] = [await stores.user("Root"), await stores.user("Ann")];
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [root]);
  });
  afterAll(() => stores.close());

  const by = () => ({ userId: root, address: "192.0.2.1" });
  const rows = (text: string, id: string | number) => stores.query<Record<string, unknown>>(text, [id]);
  const entries = async () => (await stores.query<{ n: number }>("SELECT count(*)::int AS n FROM audit_log", []))[0]?.n;

  const eraseAll = async () => {
    const { conversations } = stores.admin;
    for (const id of await conversations.removed()) while ((await conversations.erasePiece(id)) === "more");
  };

  test("nothing is done that can't be written down", async () => {
    const id = await stores.conversation([root, ann]);
    const { message } = await stores.log.append(stores.draft(id, ann, "hello"));
    const { users, conversations } = stores.admin;
    const email = (await stores.users.byId(ann))?.user.email ?? "";
    const before = await entries();
    await stores.query("ALTER TABLE audit_log ADD CONSTRAINT broken CHECK (false) NOT VALID", []);
    const attempts = [
      () => users.change(by(), ann, { isActive: false }),
      () => users.change(by(), ann, { isSuperuser: true }),
      () => users.createSuperuser({ email }),
      () => conversations.removeMessage(by(), id, message.id),
      () => conversations.remove(by(), id),
      () => conversations.noteReading(by(), id, { count: 1, first_seq: 1, last_seq: 1 }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toThrow();
    await stores.query("ALTER TABLE audit_log DROP CONSTRAINT broken", []);
    expect(await users.detail(ann)).toMatchObject({ is_active: true, is_superuser: false });
    expect(await stores.log.page(id, { limit: 10 })).toMatchObject({ messages: [message], head: { lastVersion: 1 } });
    expect(await entries()).toBe(before);
  });

  test("who is no active superuser at that moment can do nothing", async () => {
    const id = await stores.conversation([root, ann]);
    const before = await entries();
    const outsider = { userId: ann, address: "" };
    for (const attempt of [
      () => stores.admin.users.change(outsider, root, { isActive: false }),
      () => stores.admin.users.endSessions(outsider, root),
      () => stores.admin.conversations.remove(outsider, id),
      () => stores.admin.conversations.removeMessage(outsider, id, crypto.randomUUID()),
    ])
      await expect(attempt()).rejects.toThrow("Not found");
    expect(await entries()).toBe(before);
  });

  test("the last active superuser stays, also against the command line", async () => {
    await expect(stores.admin.users.change(null, root, { isActive: false })).rejects.toThrow("last active superuser");
    await expect(stores.admin.users.change(null, root, { isSuperuser: false })).rejects.toThrow(
      "last active superuser",
    );
    expect(await stores.admin.users.detail(root)).toMatchObject({ is_active: true, is_superuser: true });
  });

  test("all that a removed conversation held is erased, in as many rounds as it takes, and nothing else", async () => {
    const [doomed, kept] = [
      await stores.conversation([ann, await stores.user()]),
      await stores.conversation([ann, root, await stores.user()]),
    ];
    // 12,000 messages: as many as no single round erases.
    await stores.query(
      `INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
       SELECT $1, n, n, gen_random_uuid(), $2, 'A', 'a', 'x', now() FROM generate_series(1, 12000) AS n`,
      [doomed, ann],
    );
    await stores.query("UPDATE conversations SET last_seq = 12000, last_version = 12000 WHERE id = $1", [doomed]);
    for (const id of [doomed, kept]) {
      const { message } = await stores.log.append(stores.draft(id, ann, "hello"));
      await stores.log.amend(id, ann, message.id, "edited");
    }
    await stores.admin.conversations.remove(by(), doomed);
    expect(await stores.conversations.membership(doomed, ann)).toBe("unknown");
    await expect(stores.log.append(stores.draft(doomed, ann, "late"))).rejects.toThrow("Conversation not found");
    await eraseAll();
    for (const table of ["messages", "changes", "participants"]) {
      expect(await rows(`SELECT * FROM ${table} WHERE conversation_id = $1`, doomed)).toEqual([]);
      expect((await rows(`SELECT * FROM ${table} WHERE conversation_id = $1`, kept)).length).toBeGreaterThan(0);
    }
    const isKnown = async () => (await stores.admin.conversations.removed()).includes(doomed);
    await stores.admin.conversations.forget(doomed);
    expect(await isKnown()).toBe(true);
    await stores.query("UPDATE removed_conversations SET removed_at = now() - interval '61 seconds'", []);
    await stores.admin.conversations.forget(doomed);
    expect(await isKnown()).toBe(false);
    expect(await rows("SELECT * FROM conversations WHERE id = $1", kept)).toHaveLength(1);
  });

  test("a conversation that is removed while people send to it: each send is in it or refused, and all is erased", async () => {
    const id = await stores.conversation([root, ann, await stores.user()]);
    const outcomes: string[] = [];
    const send = async (n: number) =>
      outcomes.push(
        await stores.log.append(stores.draft(id, ann, `${n}`)).then(
          () => "in",
          (error: Error) => error.message,
        ),
      );
    // Ten keep sending until they are refused; the removal falls in between.
    const senders = Array.from({ length: 10 }, async (_, i) => {
      for (let n = i; outcomes.every((outcome) => outcome === "in"); n += 10) await send(n);
    });
    while (outcomes.length < 20) await Bun.sleep(1);
    await stores.admin.conversations.remove(by(), id);
    await Promise.all(senders);
    expect([...new Set(outcomes)].sort()).toEqual(["Conversation not found", "in"]);
    await eraseAll();
    expect(await rows("SELECT * FROM messages WHERE conversation_id = $1", id)).toEqual([]);
  });

  test("a removed conversation is erased by one node at a time, and by another when that one has ended", async () => {
    const id = await stores.conversation([ann, await stores.user()]);
    await stores.query(
      `INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
       SELECT $1, n, n, gen_random_uuid(), $2, 'A', 'a', 'x', now() FROM generate_series(1, 3500) AS n`,
      [id, ann],
    );
    await stores.query("UPDATE conversations SET last_seq = 3500, last_version = 3500 WHERE id = $1", [id]);
    await stores.admin.conversations.remove(by(), id);
    const left = async () => (await rows("SELECT seq FROM messages WHERE conversation_id = $1", id)).length;
    const nodes = [stores.admin.conversations, stores.beside().admin.conversations] as const;
    const both = async () => (await Promise.all(nodes.map((node) => node.erasePiece(id)))).sort();
    for (const n of [2500, 1500, 500]) {
      expect(await both()).toEqual(["elsewhere", "more"]);
      expect(await left()).toBe(n);
    }
    await stores.query("UPDATE removed_conversations SET claimed_until = now() WHERE id = $1", [id]);
    const other = stores.beside().admin.conversations;
    expect([await other.erasePiece(id), await left()]).toEqual(["done", 0]);
    expect(await both()).toEqual(["elsewhere", "elsewhere"]);
  });

  const found = async (search: string, participantId?: number) => {
    const list = await stores.admin.conversations.list({ search, participantId, limit: 200, offset: 0 });
    return list.conversations.map(({ id }) => id);
  };

  test("any part of a name or an e-mail finds, whatever the case; less than three letters begin a word", async () => {
    const { users } = stores;
    const made = async (firstName: string, lastName: string) => {
      const email = `${Bun.randomUUIDv7()}@find.example`;
      const user = await users.create({ email, firstName, lastName, passwordHash: "none", isSuperuser: false });
      return { id: user?.id ?? 0, email };
    };
    const [zoe, li] = [await made("Zoë", "Özdemir Groß"), await made("李", "小龙")];
    const [pair, group] = [await stores.conversation([zoe.id, li.id]), await stores.conversation([zoe.id, root, ann])];
    await stores.query("UPDATE conversations SET name = $2 WHERE id = $1", [group, "Café 100% a_b\\c  (x) abcd bcde"]);
    const both = [group, pair];
    for (const search of ["zoë", "ZOë", "oë Ö", "DEMIR", "emir gro", zoe.email.slice(5, 20).toUpperCase(), "zo", "g"])
      expect([search, await found(search)]).toEqual([search, both]);
    for (const search of ["李 小龙", "李", "小", "小龙", li.email])
      expect([search, await found(search)]).toEqual([search, [pair]]);
    for (const search of ["café", "AFé 100% A_", "b\\c", "(x)", "CA"])
      expect([search, await found(search)]).toEqual([search, [group]]);
    for (const search of ["oë", "abcde", "%", "ca_é", "café%", "groß café"])
      expect([search, await found(search)]).toEqual([search, []]);
    expect(await found("zoë", li.id)).toEqual([pair]);
    expect(await found("", li.id)).toEqual([pair]);
    expect(await found("café", li.id)).toEqual([]);
    const list = (search: string) =>
      stores.admin.users.list({ search, isActive: undefined, isSuperuser: undefined, limit: 9, offset: 0 });
    expect((await list("zdemir g")).users.map(({ id }) => id)).toEqual([zoe.id]);
    expect((await list("ë")).users).toEqual([]);
    await users.rename(zoe.id, { firstName: "Renamed" });
    expect([await found("zoë"), await found("renamed")]).toEqual([[], both]);
  });

  test("lists count and page so far and no further, and say so", async () => {
    const { conversations, users, audit } = stores.admin;
    const person = await stores.user("Crowded");
    const bulk = (n: number) =>
      stores.query(
        `WITH made AS (
         INSERT INTO conversations (id, name, is_group, participant_count)
         SELECT gen_random_uuid(), 'Bulk ' || n, true, 1 FROM generate_series(1, $2::integer) AS n RETURNING id
       )
       INSERT INTO participants (conversation_id, user_id) SELECT id, $1 FROM made`,
        [person, n],
      );
    await bulk(9_999);
    const ask = { limit: 2, participantId: undefined };
    const exact = { total: 9_999, isExact: true };
    const cut = { total: 10_000, isExact: false };
    const lists = (offset: number) => [
      conversations.list({ ...ask, search: "bulk", offset }),
      conversations.list({ ...ask, search: "crowded", offset }),
      conversations.list({ ...ask, search: "", participantId: person, offset }),
      conversations.list({ ...ask, search: "ulk ", participantId: person, offset }),
    ];
    for (const list of lists(9_998)) expect(await list).toMatchObject({ ...exact, conversations: { length: 1 } });
    await bulk(2);
    for (const list of [...lists(0), conversations.list({ ...ask, search: "", offset: 0 })])
      expect(await list).toMatchObject({ ...cut, conversations: { length: 2 } });
    for (const list of lists(20_000)) expect(await list).toMatchObject({ ...cut, conversations: [] });
    await stores.query("DELETE FROM conversations WHERE name LIKE 'Bulk%'", []);

    await stores.query(
      `INSERT INTO users (email, first_name, last_name, password_hash)
       SELECT 'many' || n || '@example.com', 'Many', 'One', '' FROM generate_series(1, 10001) AS n`,
      [],
    );
    const everybody = { isActive: undefined, isSuperuser: undefined, limit: 1, offset: 0 };
    expect(await users.list({ ...everybody, search: "many" })).toMatchObject(cut);
    expect(await users.list({ ...everybody, search: "many10001" })).toMatchObject({ total: 1, isExact: true });
    expect(await users.list({ ...everybody, search: "" })).toMatchObject({
      ...cut,
      users: [{ email: "many10001@example.com" }],
    });
    expect(await users.list({ ...everybody, search: "", isSuperuser: true })).toMatchObject({
      total: 1,
      isExact: true,
    });
    const id = await stores.conversation([root, person]);
    // More people than a search of conversations looks up.
    expect(await conversations.list({ ...ask, search: "many", offset: 0 })).toEqual({
      conversations: [],
      total: 0,
      isExact: false,
    });
    expect(await found("crowded")).toEqual([id]);
    await stores.query("DELETE FROM users WHERE first_name = 'Many'", []);

    await stores.query(
      `INSERT INTO audit_log (actor_id, action, target_type, target_id, details)
       SELECT 77, 'messages_read', 'message', n::text, '{}' FROM generate_series(1, 10001) AS n`,
      [],
    );
    const entries = { actorId: 77, action: undefined, target: undefined, before: undefined, limit: 1 };
    expect(await audit.list(entries)).toMatchObject({ ...cut, entries: { length: 1 } });
    expect(await audit.list({ ...entries, target: { type: "message", id: "5" } })).toMatchObject({
      total: 1,
      isExact: true,
    });
    await stores.query("DELETE FROM audit_log WHERE actor_id = 77", []);
  });

  test("of very many sessions those used last are listed, and all end", async () => {
    const bob = await stores.user("Bob");
    await stores.query(
      `INSERT INTO sessions (id, key, user_id, address, client, last_used_at)
       SELECT gen_random_uuid(), 'k' || n, $1, '', n::text, now() - n * interval '1 second' FROM generate_series(1, 1200) AS n`,
      [bob],
    );
    const detail = await stores.admin.users.detail(bob);
    expect(detail?.sessions.map(({ client }) => client)).toEqual(Array.from({ length: 200 }, (_, i) => `${i + 1}`));
    expect(detail?.sessions_exact).toBe(false);
    expect(await stores.sessions.list(bob)).toHaveLength(200);
    expect(await stores.admin.users.endSessions(by(), bob)).toHaveLength(1200);
    expect(await stores.admin.users.detail(bob)).toMatchObject({ sessions: [], sessions_exact: true });
  });

  if (mode !== "embedded") {
    /** What another connection has done and not committed yet, while `meanwhile` runs. */
    const during = async (statement: string, values: (string | number)[], meanwhile: () => Promise<void>) => {
      const database = new Bun.SQL(stores.databaseUrl ?? "", { max: 1 });
      await database.begin(async (tx) => {
        await tx.unsafe(statement, values);
        await meanwhile();
      });
      await database.close();
    };
    const read = { count: 1, first_seq: 1, last_seq: 1 };

    test("who reads waits for nobody who removes", async () => {
      const { conversations, users } = stores.admin;
      const [doomed, other] = [
        await stores.conversation([root, ann, await stores.user()]),
        await stores.conversation([root, ann]),
      ];
      let removal: Promise<void> | undefined;
      await during("SELECT FROM conversations WHERE id = $1 FOR UPDATE", [doomed], async () => {
        removal = conversations.remove(by(), doomed);
        // Until it waits for the conversation.
        const waits = "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted";
        while ((await stores.query<{ n: number }>(waits, []))[0]?.n === 0) await Bun.sleep(5);
        for (const id of [other, doomed]) await conversations.noteReading(by(), id, read);
        await users.change(by(), ann, { isSuperuser: true });
        await users.change(by(), ann, { isSuperuser: false });
      });
      await removal;
      expect(await conversations.detail(doomed)).toBeUndefined();
    });

    test("who is losing the right at that moment can do nothing any more", async () => {
      const eve = await stores.user("Eve");
      const id = await stores.conversation([root, eve]);
      await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [eve]);
      let reading: Promise<string> | undefined;
      await during("UPDATE users SET is_superuser = false WHERE id = $1", [eve], async () => {
        reading = stores.admin.conversations.noteReading({ userId: eve, address: "" }, id, read).then(
          () => "read",
          (error: Error) => error.message,
        );
        expect(await Promise.race([reading, Bun.sleep(200)])).toBeUndefined();
      });
      expect(await reading).toBe("Not found");
    });
  }

  test("what a user has sent is counted in their conversations, up to a bound", async () => {
    const [bob, group] = [await stores.user("Bob"), await stores.conversation([root, ann, await stores.user()])];
    const id = await stores.conversation([bob, ann]);
    await stores.log.append(stores.draft(id, bob, "1"));
    await stores.log.append(stores.draft(group, ann, "2"));
    expect(await stores.admin.users.detail(bob)).toMatchObject({ messages_sent: 1, messages_sent_exact: true });
    await stores.query(
      `INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
       SELECT $1, n, n, gen_random_uuid(), $2, 'A', 'a', 'x', now() FROM generate_series(2, 10002) AS n`,
      [id, ann],
    );
    expect(await stores.admin.users.detail(bob)).toMatchObject({ messages_sent: 0, messages_sent_exact: false });
  });
});
