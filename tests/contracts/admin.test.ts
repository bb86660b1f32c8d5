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
    await stores.admin.conversations.erase();
    for (const table of ["messages", "changes", "participants"]) {
      expect(await rows(`SELECT * FROM ${table} WHERE conversation_id = $1`, doomed)).toEqual([]);
      expect((await rows(`SELECT * FROM ${table} WHERE conversation_id = $1`, kept)).length).toBeGreaterThan(0);
    }
    expect(await rows("SELECT * FROM removed_conversations WHERE id = $1", doomed)).toEqual([]);
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
    await stores.admin.conversations.erase();
    expect(await rows("SELECT * FROM messages WHERE conversation_id = $1", id)).toEqual([]);
  });

  test("what a user has sent is counted in their conversations, up to a bound", async () => {
    const [bob, group] = [await stores.user("Bob"), await stores.conversation([root, ann, await stores.user()])];
    const id = await stores.conversation([bob, ann]);
    await stores.log.append(stores.draft(id, bob, "1"));
    await stores.log.append(stores.draft(group, ann, "2"));
    expect(await stores.admin.users.detail(bob)).toMatchObject({ messages_sent: 1, messages_sent_exact: true });
    await stores.query(
      `INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
       SELECT $1, n, n, gen_random_uuid(), $2, 'A', 'a', 'x', now() FROM generate_series(2, 100002) AS n`,
      [id, ann],
    );
    expect(await stores.admin.users.detail(bob)).toMatchObject({ messages_sent: 0, messages_sent_exact: false });
  });
});
