import { afterAll, beforeAll, expect, test } from "bun:test";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("acts of admins", (mode) => {
  let stores: TestStores;
  let root: number;
  let ann: number;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    [root, ann] = [await stores.user("Root"), await stores.user("Ann")];
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [root]);
  });
  afterAll(() => stores.close());

  const by = () => ({ userId: root, address: "192.0.2.1", network: "192.0.2.1" });
  const rows = (text: string, id: string | number) => stores.query<Record<string, unknown>>(text, [id]);
  const entries = async () => (await stores.query<{ n: number }>("SELECT count(*)::int AS n FROM audit_log", []))[0]?.n;

  const eraseAll = async () => {
    const removed = await stores.query<{ id: string }>("SELECT id FROM removed_conversations", []);
    for (const { id } of removed) while ((await stores.erasing.erasePiece(id)) === "more");
  };

  test("an act does nothing when it can't be written to the audit log", async () => {
    const id = await stores.conversation([root, ann]);
    const { message } = await stores.log.append(stores.draft(id, ann, "hello"));
    const { users, conversations } = stores.admin;
    const email = (await stores.users.byId(ann))?.user.email ?? "";
    const newUser = {
      email: "new@example.com",
      firstName: "New",
      lastName: "One",
      passwordHash: "",
      isSuperuser: true,
    };
    const before = await entries();
    await stores.query("ALTER TABLE audit_log ADD CONSTRAINT broken CHECK (false) NOT VALID", []);
    const attempts = [
      () => users.change(by(), ann, { isActive: false }),
      () => users.change(by(), ann, { isSuperuser: true }),
      () => stores.users.createSuperuser(newUser),
      () => stores.users.resetPassword(email, "other", { isSuperuser: true }),
      () => stores.settings.change(by(), { name: "Team" }),
      () => conversations.removeMessage(by(), id, message.id),
      () => conversations.remove(by(), id),
      () => conversations.noteReading(by(), id, { count: 1, first_seq: 1, last_seq: 1 }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toThrow();
    await stores.query("ALTER TABLE audit_log DROP CONSTRAINT broken", []);
    expect(await users.detail(ann)).toMatchObject({ is_active: true, is_superuser: false });
    expect((await stores.users.byId(ann))?.passwordHash).toBe("none");
    expect(await stores.users.byEmail(newUser.email)).toBeUndefined();
    expect((await stores.settings.read()).name).toBeNull();
    expect(await stores.log.page(id, { limit: 10 })).toMatchObject({ messages: [message], head: { lastVersion: 1 } });
    expect(await entries()).toBe(before);
  });

  test("a person who is no active superuser at that moment can do nothing", async () => {
    const id = await stores.conversation([root, ann]);
    const before = await entries();
    const outsider = { userId: ann, address: "", network: "" };
    for (const attempt of [
      () => stores.admin.users.change(outsider, root, { isActive: false }),
      () => stores.admin.users.endSessions(outsider, root),
      () => stores.admin.conversations.remove(outsider, id),
      () => stores.admin.conversations.removeMessage(outsider, id, crypto.randomUUID()),
    ])
      await expect(attempt()).rejects.toThrow("Not found");
    expect(await entries()).toBe(before);
  });

  test("a password set by a command ends the sessions and links of that account only", async () => {
    const [una, dan] = [await stores.user("Una"), await stores.user("Dan")];
    for (const id of [una, dan]) {
      const session = { id: crypto.randomUUID(), key: `key of ${id}`, userId: id, passwordHash: "none" };
      const from = { address: "", client: "", network: "" };
      expect(await stores.sessions.create({ ...session, ...from }, 10)).toEqual([]);
      await stores.query("INSERT INTO password_links (key, user_id, expires_at) VALUES ($1, $2, now())", [`${id}`, id]);
    }
    const email = (await stores.users.byId(una))?.user.email ?? "";
    const reset = await stores.users.resetPassword(email, "other", { isSuperuser: false });
    expect(reset).toMatchObject({ user: { id: una }, isActive: true, ended: [{ key: `key of ${una}` }] });
    expect(await stores.users.byId(una)).toMatchObject({ passwordHash: "other", isSuperuser: false });
    expect(await stores.sessions.list(una)).toEqual([]);
    expect(await stores.sessions.list(dan)).toHaveLength(1);
    const links = await rows("SELECT user_id FROM password_links WHERE user_id >= $1", una);
    expect(links).toEqual([{ user_id: dan }]);
    expect(await stores.users.resetPassword("no@example.com", "x", { isSuperuser: true })).toBeUndefined();
  });

  test("nobody can deactivate the last active superuser, not even the command line", async () => {
    await expect(stores.admin.users.change(null, root, { isActive: false })).rejects.toThrow("last active superuser");
    await expect(stores.admin.users.change(null, root, { isSuperuser: false })).rejects.toThrow(
      "last active superuser",
    );
    expect(await stores.admin.users.detail(root)).toMatchObject({ is_active: true, is_superuser: true });
  });

  test("erasing deletes all that a removed conversation held, in several rounds, and nothing else", async () => {
    const [doomed, kept] = [
      await stores.conversation([ann, await stores.user()]),
      await stores.conversation([ann, root, await stores.user()]),
    ];
    // No single round erases 12,000 messages.
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
    expect(await stores.memberships.membership(doomed, ann)).toBe("unknown");
    await expect(stores.log.append(stores.draft(doomed, ann, "late"))).rejects.toThrow("Conversation not found");
    await eraseAll();
    for (const table of ["messages", "changes", "participants"]) {
      expect(await rows(`SELECT * FROM ${table} WHERE conversation_id = $1`, doomed)).toEqual([]);
      expect((await rows(`SELECT * FROM ${table} WHERE conversation_id = $1`, kept)).length).toBeGreaterThan(0);
    }
    await stores.erasing.forget(doomed, 60_000);
    expect(await stores.erasing.isForgotten(doomed)).toBe(false);
    await stores.query("UPDATE removed_conversations SET removed_at = now() - interval '61 seconds'", []);
    await stores.erasing.forget(doomed, 60_000);
    expect(await stores.erasing.isForgotten(doomed)).toBe(true);
    expect(await rows("SELECT * FROM conversations WHERE id = $1", kept)).toHaveLength(1);
  });

  test("each send is stored or refused when its conversation is removed meanwhile, and all is erased", async () => {
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

  test("one node at a time erases a removed conversation, and another goes on when it has ended", async () => {
    const id = await stores.conversation([ann, await stores.user()]);
    await stores.query(
      `INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
       SELECT $1, n, n, gen_random_uuid(), $2, 'A', 'a', 'x', now() FROM generate_series(1, 3500) AS n`,
      [id, ann],
    );
    await stores.query("UPDATE conversations SET last_seq = 3500, last_version = 3500 WHERE id = $1", [id]);
    await stores.admin.conversations.remove(by(), id);
    const left = async () => (await rows("SELECT seq FROM messages WHERE conversation_id = $1", id)).length;
    const nodes = [stores.erasing, stores.beside().erasing] as const;
    const both = async () => (await Promise.all(nodes.map((node) => node.erasePiece(id)))).sort();
    // In embedded mode a piece holds senders up, so it is smaller.
    const piece = mode === "embedded" ? 200 : 1_000;
    for (const pieces of [1, 2, 3]) {
      expect(await both()).toEqual(["elsewhere", "more"]);
      expect(await left()).toBe(3_500 - pieces * piece);
    }
    await stores.query("UPDATE removed_conversations SET claimed_until = now() WHERE id = $1", [id]);
    const other = stores.beside().erasing;
    let last = await other.erasePiece(id);
    while (last === "more") last = await other.erasePiece(id);
    expect([last, await left()]).toEqual(["done", 0]);
    expect(await both()).toEqual(["elsewhere", "elsewhere"]);
  });

  const found = async (search: string, participantId?: number) => {
    const list = await stores.admin.conversations.list({ search, participantId, limit: 200, offset: 0 });
    return list.conversations.map(({ id }) => id);
  };

  test("a search finds any part of a name or e-mail in any case; fewer than three letters must begin a word", async () => {
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
    await users.change(zoe.id, { firstName: "Renamed" });
    expect([await found("zoë"), await found("renamed")]).toEqual([[], both]);
  });

  const MANY = 10_001;
  /** Runs a statement for $1 to $2 in pieces, so that each meets its time-out on a busy machine too. */
  const inPieces = async (statement: string, ...values: number[]) => {
    for (let first = 1; first <= MANY; first += 1_000)
      await stores.query(statement, [first, Math.min(first + 999, MANY), ...values]);
  };
  const ask = { limit: 2, offset: 0, search: "", participantId: undefined };
  const everybody = { limit: 2, offset: 0, search: "", isActive: undefined, isSuperuser: undefined };
  const cut = { total: 10_000, isExact: false };

  test("a list of conversations holds the newest, and neither counts nor pages beyond its limit", async () => {
    const { conversations, users } = stores.admin;
    const person = await stores.user("Crowded");
    await inPieces(
      `WITH made AS (
         INSERT INTO conversations (id, name, is_group, participant_count)
         SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Bulk ' || n, true, 1
         FROM generate_series($1::integer, $2::integer) AS n RETURNING id
       )
       INSERT INTO participants (conversation_id, user_id) SELECT id, $3 FROM made`,
      person,
    );
    const idOf = (n: number) => `00000000-0000-7000-8000-${`${n}`.padStart(12, "0")}`;
    const searches: Partial<Parameters<typeof conversations.list>[0]>[] = [
      { search: "bulk" },
      { search: "crowded" },
      { participantId: person },
      { search: "ulk ", participantId: person },
      { search: "crowd", participantId: person },
    ];
    for (const search of searches) {
      const list = async (offset: number) => {
        const { conversations: rows, ...total } = await conversations.list({ ...ask, ...search, offset });
        return [search, rows.map(({ id }) => id), total];
      };
      expect(await list(0)).toEqual([search, [idOf(MANY), idOf(MANY - 1)], cut]);
      expect(await list(9_999)).toEqual([search, [idOf(2)], cut]);
      for (const beyond of [10_000, 20_000]) expect(await list(beyond)).toEqual([search, [], cut]);
    }
    expect(await conversations.list(ask)).toMatchObject({ ...cut, conversations: { length: 2 } });
    expect(await users.detail(person)).toMatchObject({
      conversation_count: 10_000,
      conversation_count_exact: false,
      messages_sent_exact: false,
    });
    await stores.query("DELETE FROM conversations WHERE id IN ($1, $2)", [idOf(1), idOf(2)]);
    const exact = { total: 9_999, isExact: true };
    for (const search of searches) {
      const { conversations: rows, ...total } = await conversations.list({ ...ask, ...search, offset: 9_998 });
      expect([search, rows.map(({ id }) => id), total]).toEqual([search, [idOf(3)], exact]);
    }
    expect(await users.detail(person)).toMatchObject({
      conversation_count: 9_999,
      conversation_count_exact: true,
      messages_sent_exact: true,
    });
    await stores.query("DELETE FROM conversations WHERE name LIKE 'Bulk%'", []);
  });

  test("a list of users starts with the newest, misses no superuser, and does not count beyond its limit", async () => {
    const { conversations, users } = stores.admin;
    await inPieces(
      `INSERT INTO users (email, first_name, last_name, password_hash, is_superuser, is_active)
       SELECT 'many' || n || '@example.com', 'Many', 'One', '', n IN (1, ${MANY}), n <> ${MANY - 1}
       FROM generate_series($1::integer, $2::integer) AS n`,
    );
    const list = async (query: Partial<typeof everybody> | object) => {
      const { users: rows, ...total } = await users.list({ ...everybody, ...query });
      return [rows.map(({ email }) => email.split("@")[0] ?? ""), total];
    };
    const newest = ["many10001", "many10000"];
    for (const search of ["many", ""]) {
      expect(await list({ search })).toEqual([newest, cut]);
      expect(await list({ search, offset: 10_000 })).toEqual([[], cut]);
    }
    expect(await list({ search: "many10001" })).toEqual([["many10001"], { total: 1, isExact: true }]);
    expect(await list({ search: "many", isSuperuser: true })).toEqual([
      ["many10001", "many1"],
      { total: 2, isExact: true },
    ]);
    expect(await list({ search: "many", isActive: false })).toEqual([["many10000"], { total: 1, isExact: true }]);
    expect(await list({ search: "many", isActive: true, offset: 9_998 })).toEqual([
      ["many2", "many1"],
      { total: 10_000, isExact: true },
    ]);
    // There are more people than the index is asked for, and their conversations are found all the same.
    expect(await conversations.list({ ...ask, search: "many" })).toEqual({
      conversations: [],
      total: 0,
      isExact: true,
    });
    const last = await stores.query<{ id: number }>("SELECT max(id) AS id FROM users", []);
    const id = await stores.conversation([root, last[0]?.id ?? 0]);
    expect(await found("many")).toEqual([id]);
    await stores.query("DELETE FROM conversations WHERE id = $1", [id]);
    await stores.query("DELETE FROM users WHERE first_name = 'Many'", []);
  });

  test("a list of the audit log does not count beyond its limit", async () => {
    const { audit } = stores;
    await inPieces(
      `INSERT INTO audit_log (actor_id, action, target_type, target_id, details)
       SELECT 77, 'messages_read', 'message', n::text, '{}' FROM generate_series($1::integer, $2::integer) AS n`,
    );
    const entries = { actorId: 77, action: undefined, target: undefined, before: undefined, limit: 1 };
    expect(await audit.list(entries)).toMatchObject({ ...cut, entries: { length: 1 } });
    expect(await audit.list({ ...entries, target: { type: "message", id: "5" } })).toMatchObject({
      total: 1,
      isExact: true,
    });
    await stores.query("DELETE FROM audit_log WHERE actor_id = 77", []);
  });

  test("a list shows the sessions that were used last, and all sessions end", async () => {
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
    /** Runs `meanwhile` while another connection has done this and not committed yet. */
    const during = async (statement: string, values: (string | number)[], meanwhile: () => Promise<void>) => {
      const database = new Bun.SQL(stores.databaseUrl ?? "", { max: 1 });
      await database.begin(async (tx) => {
        await tx.unsafe(statement, values);
        await meanwhile();
      });
      await database.close();
    };
    const read = { count: 1, first_seq: 1, last_seq: 1 };

    test("a reader does not wait for a removal", async () => {
      const { conversations, users } = stores.admin;
      const [doomed, other] = [
        await stores.conversation([root, ann, await stores.user()]),
        await stores.conversation([root, ann]),
      ];
      let removal: Promise<void> | undefined;
      await during("SELECT FROM conversations WHERE id = $1 FOR UPDATE", [doomed], async () => {
        removal = conversations.remove(by(), doomed);
        // Go on until the removal waits for the conversation.
        const waits = "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted";
        while ((await stores.query<{ n: number }>(waits, []))[0]?.n === 0) await Bun.sleep(5);
        for (const id of [other, doomed]) await conversations.noteReading(by(), id, read);
        await users.change(by(), ann, { isSuperuser: true });
        await users.change(by(), ann, { isSuperuser: false });
      });
      await removal;
      expect(await conversations.detail(doomed)).toBeUndefined();
    });

    /** Counts the transactions that wait for the audit log while `during` holds it. */
    const waitingForLog = async () => {
      const rows = await stores.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'audit_log'::regclass",
        [],
      );
      return rows[0]?.n ?? 0;
    };
    const outcomeOf = (work: Promise<unknown>) =>
      work.then(
        () => "done",
        (error: Error) => error.message,
      );
    /** A superuser, a conversation, an act of theirs there, and the act that takes their right. Each writes to the log last. */
    const ofEve = async () => {
      const eve = await stores.user("Eve");
      const id = await stores.conversation([root, eve]);
      await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [eve]);
      return {
        reads: () =>
          outcomeOf(stores.admin.conversations.noteReading({ userId: eve, address: "", network: "" }, id, read)),
        isDemoted: () => outcomeOf(stores.admin.users.change(by(), eve, { isSuperuser: false })),
        actions: async () =>
          (await rows("SELECT action FROM audit_log WHERE actor_id = $1", eve)).map((e) => e["action"]),
      };
    };

    test("a superuser can do nothing once their right is being revoked", async () => {
      const { reads, isDemoted, actions } = await ofEve();
      let [demotion, reading] = [Promise.resolve(""), Promise.resolve("")];
      await during("LOCK TABLE audit_log IN SHARE MODE", [], async () => {
        demotion = isDemoted();
        while ((await waitingForLog()) < 1) await Bun.sleep(5);
        reading = reads();
        // The act goes as far as it can. It reaches the log only if it does not wait for the other one.
        expect(await Promise.race([reading, Bun.sleep(200)])).toBeUndefined();
      });
      expect([await demotion, await reading, await actions()]).toEqual(["done", "Not found", []]);
    });

    test("an act that an admin has begun ends before they lose the right", async () => {
      const { reads, isDemoted, actions } = await ofEve();
      let [demotion, reading] = [Promise.resolve(""), Promise.resolve("")];
      await during("LOCK TABLE audit_log IN SHARE MODE", [], async () => {
        reading = reads();
        while ((await waitingForLog()) < 1) await Bun.sleep(5);
        demotion = isDemoted();
        expect(await Promise.race([demotion, Bun.sleep(200)])).toBeUndefined();
        expect(await waitingForLog()).toBe(1);
      });
      expect([await demotion, await reading, await actions()]).toEqual(["done", "done", ["messages_read"]]);
    });

    test("an admin loses the right even when they keep many acts running at once", async () => {
      for (let round = 0; round < 3; round++) {
        const { reads, isDemoted } = await ofEve();
        let outcome: string | undefined;
        let isDone = 0;
        const flood = Array.from({ length: 40 }, async () => {
          while (outcome === undefined && (await reads()) === "done") isDone++;
        });
        while (isDone < 40) await Bun.sleep(5);
        outcome = await isDemoted();
        await Promise.all(flood);
        expect(outcome).toBe("done");
        expect(await reads()).toBe("Not found");
      }
    });
  }

  test("the messages of a user are counted in their conversations, up to a limit", async () => {
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
