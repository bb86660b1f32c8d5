import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { threadIdOf } from "../../src/server/features/threads/id.ts";
import { copyIdOf } from "../../src/server/log/append.ts";
import type { OwnList } from "../../src/server/log/memberships.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("threads", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let eve: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, eve] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Eve")];
  });
  afterAll(() => stores.close());

  const send = async (id: string, sender: number, content = "x", more = {}) =>
    (await stores.log.append({ ...stores.draft(id, sender, content), ...more })).message;

  /** A conversation of all three, with a message of Ann and the thread that answers it. */
  async function withThread(): Promise<{ id: string; root: Message; threadId: string }> {
    const id = await stores.conversation([ann, bob, eve]);
    const root = await send(id, ann, "root");
    const { threadId } = await stores.threads.start(bob, id, root.id);
    return { id, root, threadId };
  }

  const remove = (id: string, actor: number, userId: number) =>
    stores.conversations.alter(id, actor, { kind: "remove", userId });
  const inboxOf = async (userId: number) =>
    (await stores.conversations.summaries(userId, { limit: 50, offset: 0, threads: true })).rows;
  const unreadOf = async (userId: number, id: string) => (await stores.conversations.summary(userId, id))?.unreadCount;

  test("people who start a thread at once get the same one", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const root = await send(id, ann);
    const beside = stores.beside();
    const started = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? stores : beside).threads.start(i % 2 ? bob : eve, id, root.id)),
    );
    expect(new Set(started.map(({ threadId }) => threadId))).toEqual(new Set([threadIdOf(id, root.id)]));
    expect(started.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(started.filter(({ author }) => author === ann)).toHaveLength(1);
    // Version 5, so that it can be told from ids that are made at random.
    expect(threadIdOf(id, root.id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  });

  test("a thread starts where the reader is a member, at a message that is there, and not in a thread", async () => {
    const { id, root, threadId } = await withThread();
    const stranger = await stores.user("Stranger");
    const start = stores.threads.start.bind(stores.threads);
    await expect(start(stranger, id, root.id)).rejects.toMatchObject({ reason: "not_a_participant" });
    await expect(start(ann, crypto.randomUUID(), root.id)).rejects.toMatchObject({ reason: "conversation_not_found" });
    await expect(start(ann, id, crypto.randomUUID())).rejects.toMatchObject({ reason: "message_not_found" });
    const other = await stores.conversation([ann, bob, eve]);
    await expect(start(ann, other, root.id)).rejects.toMatchObject({ reason: "message_not_found" });
    const reply = await send(threadId, bob);
    await expect(start(ann, threadId, reply.id)).rejects.toMatchObject({ reason: "is_a_thread" });
    const deleted = await send(id, ann);
    await stores.log.amend(id, ann, deleted.id, null);
    await expect(start(ann, id, deleted.id)).rejects.toMatchObject({ reason: "message_deleted" });
    // A thread that is there outlives its message.
    await stores.log.amend(id, ann, root.id, null);
    expect(await start(eve, id, root.id)).toMatchObject({ threadId, isNew: false });
  });

  test("all members of the conversation write in its threads, and nobody else does", async () => {
    const { id, threadId } = await withThread();
    const stranger = await stores.user("Stranger");
    expect((await send(threadId, bob)).seq).toBe(1);
    expect((await send(threadId, eve)).seq).toBe(2);
    await expect(send(threadId, stranger)).rejects.toMatchObject({ reason: "not_a_participant" });
    await remove(id, ann, eve);
    await expect(send(threadId, eve)).rejects.toMatchObject({ reason: "not_a_participant" });
    expect(await stores.memberships.membership(threadId, eve)).toBe("outsider");
    expect(await stores.memberships.standing(threadId, eve)).toBeUndefined();
    expect(await stores.conversations.summary(eve, threadId)).toBeUndefined();
    await expect(stores.threads.setFollowing(eve, threadId, true)).rejects.toMatchObject({
      reason: "not_a_participant",
    });
    expect((await send(threadId, ann)).seq).toBe(3);
  });

  test("a removal ends what the person follows, also after they are added again", async () => {
    const { id, threadId } = await withThread();
    await send(threadId, eve);
    expect((await inboxOf(eve)).map((row) => row.id)).toContain(threadId);
    await remove(id, ann, eve);
    expect((await inboxOf(eve)).map((row) => row.id)).not.toContain(threadId);
    expect((await stores.memberships.ofUsers([eve])).map((row) => row.id)).not.toContain(threadId);
    await stores.conversations.alter(id, ann, { kind: "add", userIds: [eve], max: 100 });
    expect((await inboxOf(eve)).map((row) => row.id)).not.toContain(threadId);
    expect((await stores.conversations.summary(eve, threadId))?.thread?.isFollowing).toBe(false);
  });

  test("the list of one user is read again when a conversation or a thread comes or goes, and only then", async () => {
    const { id, threadId } = await withThread();
    await send(threadId, eve);
    const ids = (list: OwnList) => list.own?.map((row) => row.id);
    const all = await stores.memberships.ofUser(eve, undefined);
    expect(ids(all)).toEqual(expect.arrayContaining([id, threadId]));
    await send(id, ann);
    expect(await stores.memberships.ofUser(eve, all.digest)).toEqual({ digest: all.digest, own: undefined });
    await stores.threads.setFollowing(eve, threadId, false);
    const without = await stores.memberships.ofUser(eve, all.digest);
    expect(ids(without)).toContain(id);
    expect(ids(without)).not.toContain(threadId);
    await remove(id, ann, eve);
    expect(ids(await stores.memberships.ofUser(eve, without.digest))).not.toContain(id);
    const nobody = await stores.memberships.ofUser(await stores.user("Newcomer"), undefined);
    expect(nobody.own).toEqual([]);
  });

  test("a removal and replies at once leave no reply behind the removal", async () => {
    for (let round = 0; round < 5; round++) {
      const { id, threadId } = await withThread();
      const beside = stores.beside();
      const sends = Array.from({ length: 40 }, (_, i) =>
        (i % 2 ? stores : beside).log.append(stores.draft(threadId, eve, `${i}`)).then(
          () => true,
          () => false,
        ),
      );
      const removal = remove(id, ann, eve);
      const late = (async () => {
        await removal;
        return stores.log.append(stores.draft(threadId, eve, "late")).catch((error) => error.reason);
      })();
      await Promise.all([...sends, removal]);
      expect(await late).toBe("not_a_participant");
      // The numbers have no gaps, whatever was refused.
      const { messages, head } = await stores.log.page(threadId, { limit: 100 });
      expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
      expect(head.lastSeq).toBe(messages.length);
      expect((await inboxOf(eve)).map((row) => row.id)).not.toContain(threadId);
    }
  });

  test("the author and everybody who answers follow, and unfollowing sticks", async () => {
    const { threadId } = await withThread();
    const follows = async (userId: number) =>
      (await stores.conversations.summary(userId, threadId))?.thread?.isFollowing;
    expect([await follows(ann), await follows(bob), await follows(eve)]).toEqual([true, false, false]);
    const { thread } = await stores.log.append(stores.draft(threadId, bob, "one"));
    expect(thread?.followed).toEqual([bob]);
    expect((await stores.log.append(stores.draft(threadId, bob, "two"))).thread?.followed).toEqual([]);
    expect(await stores.threads.setFollowing(bob, threadId, false)).toBe(true);
    expect(await stores.threads.setFollowing(bob, threadId, false)).toBe(false);
    expect((await stores.log.append(stores.draft(threadId, bob, "three"))).thread?.followed).toEqual([]);
    await stores.log.append({ ...stores.draft(threadId, ann, "look"), mentions: { user_ids: [bob] } });
    expect(await follows(bob)).toBe(false);
    expect((await inboxOf(bob)).map((row) => row.id)).not.toContain(threadId);
    // A person who says so before they ever follow it is left alone too.
    expect(await stores.threads.setFollowing(eve, threadId, false)).toBe(true);
    await send(threadId, eve);
    expect(await follows(eve)).toBe(false);
    expect(await stores.threads.setFollowing(eve, threadId, true)).toBe(true);
    expect(await unreadOf(eve, threadId)).toBe(0);
  });

  test("a mention makes a member follow from that message on, and nobody else", async () => {
    const { threadId } = await withThread();
    const stranger = await stores.user("Stranger");
    for (let i = 0; i < 4; i++) await send(threadId, bob);
    const mentions = { user_ids: [eve, stranger] };
    const { thread } = await stores.log.append({ ...stores.draft(threadId, bob, "look"), mentions });
    expect(thread?.followed).toEqual([eve]);
    expect(await unreadOf(eve, threadId)).toBe(1);
  });

  test("unread is exact in the thread and in its conversation, and neither reads the other", async () => {
    const { id, threadId } = await withThread();
    for (let i = 0; i < 5; i++) await send(threadId, bob);
    for (let i = 0; i < 3; i++) await send(id, bob);
    await stores.memberships.markRead(id, ann, undefined);
    expect([await unreadOf(ann, id), await unreadOf(ann, threadId)]).toEqual([0, 5]);
    await send(id, bob);
    await stores.memberships.markRead(threadId, ann, undefined);
    expect([await unreadOf(ann, id), await unreadOf(ann, threadId)]).toEqual([1, 0]);
    // Reading further than there is, and reading less, moves nothing below zero.
    await stores.memberships.markRead(threadId, ann, 1_000);
    await stores.memberships.markRead(threadId, ann, 1);
    expect(await unreadOf(ann, threadId)).toBe(0);
    // Nothing is unread for a person who has never followed it.
    expect(await unreadOf(eve, threadId)).toBe(0);
    const list = await stores.conversations.summaries(ann, { limit: 50, offset: 0, threads: true });
    expect(list.unread.messages).toBe(list.rows.reduce((sum, row) => sum + row.unreadCount, 0));
  });

  test("lists of conversations have no threads, and the list of threads has nothing else", async () => {
    const [fay, gil] = [await stores.user("Fay"), await stores.user("Gil")];
    const id = await stores.conversation([fay, gil, ann]);
    const roots = [await send(id, fay, "one"), await send(id, fay, "two"), await send(id, fay, "three")];
    const threads: string[] = [];
    for (const root of roots) threads.push((await stores.threads.start(gil, id, root.id)).threadId);
    const [first = "", second = "", empty = ""] = threads;
    await send(first, gil);
    await send(second, gil);
    // The list is in the order of the newest messages, and their times are in ms.
    await Bun.sleep(5);
    await send(first, gil);
    const page = (options = {}) => stores.conversations.summaries(fay, { limit: 50, offset: 0, ...options });
    expect((await page()).rows.map((row) => [row.id, row.kind])).toEqual([[id, "group"]]);
    expect((await page({ search: "Gil" })).rows.map((row) => row.id)).toEqual([id]);
    const inbox = await page({ threads: true });
    expect(inbox.rows.map((row) => [row.id, row.kind, row.unreadCount])).toEqual([
      [first, "thread", 2],
      [second, "thread", 1],
    ]);
    expect(inbox).toMatchObject({ total: 2, unread: { conversations: 2, messages: 3 } });
    expect(inbox.rows.map((row) => row.thread?.root?.content)).toEqual(["one", "two"]);
    expect(inbox.rows[0]).toMatchObject({ participantCount: 2, thread: { rootSeq: 1, parent: { id } } });
    expect((await page({ threads: true, limit: 1, offset: 1 })).rows.map((row) => row.id)).toEqual([second]);
    expect(inbox.rows.map((row) => row.id)).not.toContain(empty);
    const shown = await stores.admin.conversations.list({ search: "", participantId: fay, limit: 50, offset: 0 });
    expect(shown.conversations.map((one) => one.id)).toEqual([id]);
    expect((await stores.admin.users.detail(fay))?.conversation_count).toBe(1);
  });

  test("a reply that also goes to the conversation is in both or in neither", async () => {
    const { id, threadId } = await withThread();
    const draft = { ...stores.draft(threadId, bob, "both", "c1"), alsoInParent: true };
    const { message, copy, first } = await stores.log.append(draft);
    expect(message).toMatchObject({ conversation_id: threadId, seq: 1, client_id: "c1", also_in_parent: true });
    expect(copy).toMatchObject({
      id: copyIdOf(message.id),
      conversation_id: id,
      seq: 2,
      content: "both",
      from_thread: { id: threadId, message_id: message.id },
    });
    expect([first, copy?.client_id, copy?.also_in_parent]).toEqual([true, undefined, undefined]);
    const inParent = (await stores.log.page(id, { limit: 10 })).messages;
    expect(inParent.at(-1)).toEqual(copy as Message);
    // A resend adds no second copy, with the same id as after a lost answer, or with another one.
    const again = await stores.log.append({ ...draft, id: Bun.randomUUIDv7() });
    expect(again).toMatchObject({ first: false, message: { id: message.id } });
    expect((await stores.log.page(id, { limit: 10 })).head.lastSeq).toBe(2);
    expect(await unreadOf(eve, id)).toBe(2);

    await expect(stores.log.append({ ...stores.draft(id, bob, "x"), alsoInParent: true })).rejects.toMatchObject({
      reason: "not_a_thread",
    });
    const stranger = await stores.user("Stranger");
    await expect(
      stores.log.append({ ...stores.draft(threadId, stranger, "x"), alsoInParent: true }),
    ).rejects.toMatchObject({ reason: "not_a_participant" });
    await expect(
      stores.log.append({ ...stores.draft(threadId, bob, "x"), alsoInParent: true, ifSeq: 0 }),
    ).rejects.toMatchObject({ reason: "newer", lastSeq: 1 });
    expect((await stores.log.page(id, { limit: 1 })).head.lastSeq).toBe(2);
  });

  test("an edit and a deletion of either copy reach both", async () => {
    const { id, threadId } = await withThread();
    const { message, copy } = await stores.log.append({ ...stores.draft(threadId, bob, "1"), alsoInParent: true });
    const contents = async () => [
      (await stores.log.page(threadId, { limit: 1 })).messages[0],
      (await stores.log.page(id, { limit: 1 })).messages[0],
    ];
    const edited = await stores.log.amend(threadId, bob, message.id, "2");
    expect([edited.change?.conversationId, edited.twin?.conversationId]).toEqual([threadId, id]);
    expect((await contents()).map((one) => one?.content)).toEqual(["2", "2"]);
    await expect(stores.log.amend(id, eve, copy?.id ?? "", "3")).rejects.toMatchObject({ reason: "not_the_sender" });
    const again = await stores.log.amend(id, bob, copy?.id ?? "", "3");
    expect([again.change?.conversationId, again.twin?.conversationId]).toEqual([id, threadId]);
    expect((await contents()).map((one) => one?.content)).toEqual(["3", "3"]);
    expect(await stores.log.amend(id, bob, copy?.id ?? "", "3")).toMatchObject({ change: undefined });
    const deleted = await stores.log.amend(id, bob, copy?.id ?? "", null);
    expect(deleted.twin).toMatchObject({ kind: "message_deleted", conversationId: threadId });
    expect((await contents()).map((one) => one?.deleted_at === undefined)).toEqual([false, false]);
  });

  test("replies to both places, plain sends and edits at once never wait for each other in a circle", async () => {
    const { id, root, threadId } = await withThread();
    const beside = stores.beside();
    const work = Array.from({ length: 120 }, async (_, i) => {
      const { log } = i % 2 ? stores : beside;
      if (i % 4 === 0) return log.append({ ...stores.draft(threadId, bob, `both ${i}`), alsoInParent: true });
      if (i % 4 === 1) return log.append(stores.draft(id, ann, `plain ${i}`));
      if (i % 4 === 2) return log.append(stores.draft(threadId, eve, `reply ${i}`));
      return log.amend(id, ann, root.id, `root ${i}`);
    });
    await Promise.all(work);
    const [parent, thread] = [
      await stores.log.page(id, { limit: 100 }),
      await stores.log.page(threadId, { limit: 100 }),
    ];
    for (const { messages } of [parent, thread])
      expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
    const copies = parent.messages.flatMap((one) => (one.from_thread ? [one.from_thread.message_id] : []));
    const replies = thread.messages.flatMap((one) => (one.also_in_parent ? [one.id] : []));
    expect(copies).toEqual(replies);
    expect(copies).toHaveLength(30);
  });

  test("the summary says how many replies there are, and who wrote the last ones", async () => {
    const { id, root, threadId } = await withThread();
    expect(await stores.threads.summary(threadId)).toBeUndefined();
    for (const sender of [bob, eve, ann, bob, ann]) await send(threadId, sender);
    expect(await stores.threads.summary(threadId)).toMatchObject({
      conversationId: id,
      messageId: root.id,
      summary: { id: threadId, replies: 5, recent: [ann, bob, eve] },
    });
    expect(await stores.threads.summary(id)).toBeUndefined();
  });

  test("an admin who removes a conversation removes its threads", async () => {
    const { id, threadId } = await withThread();
    await send(threadId, bob);
    const root = await stores.users.create({
      email: `root${Math.random()}@example.com`,
      firstName: "Root",
      lastName: "Body",
      passwordHash: "none",
      isSuperuser: true,
    });
    const admin = { userId: root?.id ?? 0, address: "", network: "" };
    await expect(stores.admin.conversations.remove(admin, threadId)).rejects.toMatchObject({ reason: "is_a_thread" });
    await stores.admin.conversations.remove(admin, id);
    expect(await stores.log.head(threadId)).toBeUndefined();
    await expect(send(threadId, bob)).rejects.toMatchObject({ reason: "conversation_not_found" });
    expect((await inboxOf(ann)).map((row) => row.id)).not.toContain(threadId);
    const left = () => stores.query("SELECT FROM messages WHERE conversation_id = $1", [threadId]);
    expect(await left()).toHaveLength(1);
    expect(await stores.erasing.erasePiece(threadId)).toBe("done");
    expect(await left()).toHaveLength(0);
    expect(await stores.query("SELECT FROM jobs WHERE key = $1", [threadId])).toHaveLength(1);
  });

  test("members, names and invites are matters of the conversation, and not of its threads", async () => {
    const { threadId } = await withThread();
    const refused = { reason: "is_a_thread" };
    const alter = stores.conversations.alter.bind(stores.conversations);
    await expect(alter(threadId, ann, { kind: "rename", name: "x" })).rejects.toMatchObject(refused);
    await expect(alter(threadId, bob, { kind: "remove", userId: bob })).rejects.toMatchObject(refused);
    await expect(alter(threadId, eve, { kind: "add", userIds: [ann], max: 9 })).rejects.toMatchObject(refused);
    const stranger = await stores.user("Stranger");
    await expect(alter(threadId, stranger, { kind: "rename", name: "x" })).rejects.toMatchObject({
      reason: "conversation_not_found",
    });
  });
});
