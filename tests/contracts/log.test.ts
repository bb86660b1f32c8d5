import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Change } from "../../src/server/log/changes.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the message log", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let eve: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, eve] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Eve")];
  });
  afterAll(() => stores.close());

  const appendAll = (id: string, contents: string[], sender = ann) =>
    Promise.all(contents.map((content) => stores.log.append(stores.draft(id, sender, content))));

  test("sends get seqs without gaps in the order of the calls, over many conversations at once", async () => {
    const rooms = await Promise.all([1, 2, 3, 4, 5].map(() => stores.conversation([ann, bob, eve])));
    const calls = Array.from({ length: 700 }, (_, i) => rooms[i % rooms.length] ?? "");
    const appended = await Promise.all(calls.map((id, i) => stores.log.append(stores.draft(id, ann, `${i}`))));
    for (const id of rooms) {
      const own = appended.filter(({ message }) => message.conversation_id === id).map(({ message }) => message);
      expect(own.map((message) => message.seq)).toEqual(own.map((_, i) => i + 1));
      expect(own.map((message) => message.version)).toEqual(own.map((_, i) => i + 1));
      expect(own.map((message) => Number(message.content))).toEqual(
        calls.flatMap((room, i) => (room === id ? [i] : [])),
      );
    }
  });

  test("sends that arrive in one turn of the event loop, each by itself, share a few commits", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await new Promise((resolve) => setImmediate(resolve));
        await stores.log.append(stores.draft(id, ann, `${i}`));
      }),
    );
    const [{ sends, commits } = { sends: 0, commits: 0 }] = await stores.query<{ sends: number; commits: number }>(
      "SELECT count(*)::integer AS sends, count(DISTINCT xmin::text)::integer AS commits FROM messages WHERE conversation_id = $1",
      [id],
    );
    expect(sends).toBe(100);
    expect(commits).toBeLessThan(10);
  });

  test("promises resolve in the order of seq", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        stores.log.append(stores.draft(id, ann, `${i}`)).then(({ message }) => order.push(message.seq)),
      ),
    );
    expect(order).toEqual(order.map((_, i) => i + 1));
  });

  test("a client_id makes one message in one batch and in later ones, for its sender only", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const resends = await Promise.all([1, 2, 3].map(() => stores.log.append(stores.draft(id, ann, "x", "same"))));
    expect(resends.map(({ first }) => first)).toEqual([true, false, false]);
    expect(new Set(resends.map(({ message }) => message.id)).size).toBe(1);
    expect((await stores.log.append(stores.draft(id, ann, "x", "same"))).message.seq).toBe(1);
    expect((await stores.log.append(stores.draft(id, bob, "x", "same"))).message.seq).toBe(2);
    await expect(stores.log.append(stores.draft(id, ann, "y", "same"))).rejects.toMatchObject({
      reason: "client_id_conflict",
    });
    expect((await stores.log.append(stores.draft(id, ann, "next"))).message.seq).toBe(3);
  });

  test("a resend is recognised by its first content after an edit and after a deletion", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const { message } = await stores.log.append(stores.draft(id, ann, "first", "c"));
    await stores.log.amend(id, ann, message.id, "second");
    const resent = await stores.log.append(stores.draft(id, ann, "first", "c"));
    expect(resent).toMatchObject({ first: false, message: { id: message.id, content: "second" } });
    await expect(stores.log.append(stores.draft(id, ann, "second", "c"))).rejects.toMatchObject({
      reason: "client_id_conflict",
    });
    await stores.log.amend(id, ann, message.id, null);
    expect((await stores.log.append(stores.draft(id, ann, "first", "c"))).message.content).toBe("");
  });

  test.each([
    ["nothing", ""],
    ["ASCII", "first"],
    ["a byte order mark first", "\ufefffirst"],
    ["two of them", "\ufeff\ufefffirst"],
    ["many scripts", "שלום 👩‍👩‍👧 e\u0301"],
    ["5000 characters", "long ".repeat(1_000)],
  ])("after edits and a deletion a resend is told from another content: %s", async (_, content) => {
    const id = await stores.conversation([ann, bob, eve]);
    const { message } = await stores.log.append(stores.draft(id, ann, content, "c"));
    for (const amended of ["second", "third", null]) {
      await stores.log.amend(id, ann, message.id, amended);
      expect(await stores.log.append(stores.draft(id, ann, content, "c"))).toMatchObject({
        first: false,
        message: { id: message.id, content: amended ?? "" },
      });
      await expect(stores.log.append(stores.draft(id, ann, `${content}!`, "c"))).rejects.toMatchObject({
        reason: "client_id_conflict",
      });
    }
  });

  test("an edit and a deletion take one version each, and none when repeated", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const [first] = await appendAll(id, ["first", "next"]);
    const messageId = first?.message.id ?? "";
    const edited = await stores.log.amend(id, ann, messageId, "edited");
    expect(edited.message).toEqual({
      ...(first?.message as Message),
      content: "edited",
      edited_at: expect.stringMatching(/Z$/),
    });
    expect(edited.change).toEqual({
      kind: "message_edited",
      conversationId: id,
      version: 3,
      tag: expect.any(String),
      lastSeq: 2,
      message: edited.message,
      excerpt: "edited",
    });
    expect(await stores.log.amend(id, ann, messageId, "edited")).toEqual({ ...edited, change: undefined });

    const deleted = await stores.log.amend(id, ann, messageId, null);
    expect(deleted.message).toEqual({ ...edited.message, content: "", deleted_at: expect.stringMatching(/Z$/) });
    expect(deleted.change).toMatchObject({ version: 4, lastSeq: 2, message: deleted.message });
    expect(await stores.log.amend(id, ann, messageId, null)).toEqual({ ...deleted, change: undefined });
    expect(await stores.log.head(id)).toMatchObject({ lastVersion: 4, lastSeq: 2 });
    expect(await stores.log.changes(id, 2, 4, 10)).toMatchObject([{ version: 3 }, { version: 4 }]);
  });

  test("an edit and a deletion are refused for their first fault, and nothing is done", async () => {
    const [id, other] = [await stores.conversation([ann, bob, eve]), await stores.conversation([ann, bob, eve])];
    const dan = await stores.user("Dan");
    const [own, deleted] = (await appendAll(id, ["own", "deleted"])).map(({ message }) => message.id);
    const [elsewhere] = (await appendAll(other, ["elsewhere"])).map(({ message }) => message.id);
    await stores.log.amend(id, ann, deleted ?? "", null);
    const refusals: [string, number, string | undefined, string | null, string][] = [
      [crypto.randomUUID(), ann, own, "x", "conversation_not_found"],
      [id, dan, crypto.randomUUID(), "x", "not_a_participant"],
      [id, dan, own, null, "not_a_participant"],
      [id, ann, crypto.randomUUID(), "x", "message_not_found"],
      [id, ann, elsewhere, null, "message_not_found"],
      [id, bob, own, "own", "not_the_sender"],
      [id, bob, deleted, "x", "not_the_sender"],
      [id, bob, deleted, null, "not_the_sender"],
      [id, ann, deleted, "x", "message_deleted"],
      [id, ann, deleted, "", "message_deleted"],
    ];
    for (const [conversationId, userId, messageId, content, reason] of refusals)
      await expect(stores.log.amend(conversationId, userId, messageId ?? "", content)).rejects.toMatchObject({
        reason,
      });
    const { messages, head } = await stores.log.page(id, { limit: 10 });
    expect(messages.map((message) => message.content)).toEqual(["own", ""]);
    expect(head).toMatchObject({ lastVersion: 3, lastSeq: 2 });
    expect((await stores.log.page(other, { limit: 10 })).messages.map((message) => message.content)).toEqual([
      "elsewhere",
    ]);
  });

  test("edits, deletions and sends at once take one version each, and none is missing", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const sent = await appendAll(
      id,
      Array.from({ length: 10 }, (_, i) => `${i}`),
    );
    const amended = sent.flatMap(({ message }) =>
      ["one", "two", null].map(async (content) => {
        const { change } = await stores.log.amend(id, ann, message.id, content).catch((error: unknown) => {
          expect(error).toMatchObject({ reason: "message_deleted" });
          return { change: undefined };
        });
        return change?.version ?? [];
      }),
    );
    const more = await appendAll(
      id,
      Array.from({ length: 20 }, (_, i) => `more ${i}`),
    );
    const versions = [
      ...[...sent, ...more].map(({ message }) => message.version),
      ...(await Promise.all(amended)).flat(),
    ];
    expect(versions.sort((a, b) => a - b)).toEqual(versions.map((_, i) => i + 1));
    const all = await stores.log.changes(id, 0, versions.length, 1_000);
    expect(versionsOf(all)).toEqual(versions);
    expect(await stores.log.head(id)).toMatchObject({ lastVersion: versions.length, lastSeq: 30 });
  });

  test("a refused send leaves no gap and fails no other send", async () => {
    const id = await stores.conversation([ann, bob]);
    const nowhere = crypto.randomUUID();
    const results = await Promise.allSettled([
      stores.log.append(stores.draft(id, ann, "one")),
      stores.log.append(stores.draft(id, eve, "from outside")),
      stores.log.append(stores.draft(nowhere, ann, "to nowhere")),
      // PostgreSQL can't store NUL: the edge refuses it, and here it stands for any poisoned send.
      stores.log.append(stores.draft(id, ann, "poison \0")),
      stores.log.append(stores.draft(id, bob, "two")),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    expect(results[1]).toMatchObject({ reason: { reason: "not_a_participant" } });
    expect(results[2]).toMatchObject({ reason: { reason: "conversation_not_found" } });
    // Never anything that a client would send again: it would do so for ever.
    expect(results[3]).toMatchObject({ reason: { code: "unstorable", status: 400 } });
    const { messages } = await stores.log.page(id, { limit: 10 });
    expect(messages.map(({ seq, content }) => [seq, content])).toEqual([
      [1, "one"],
      [2, "two"],
    ]);
  });

  test("contents come back to the byte", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const contents = [
      '"quoted", {braces}, \\back\\',
      "NULL",
      "null",
      "{}",
      "שלום 👩‍👩‍👧 e\u0301",
      "a\nb\tc\r\n",
      "'; --",
      "$1",
    ];
    await appendAll(id, contents);
    const { messages } = await stores.log.page(id, { limit: 100 });
    expect(messages.map((message) => message.content)).toEqual(contents);
  });

  test("changes of all kinds have versions without gaps, and come in pieces", async () => {
    const { id, versions } = await lively();
    const all = await stores.log.changes(id, 0, versions, 1000);
    expect(versionsOf(all)).toEqual(Array.from({ length: versions }, (_, i) => i + 1));
    for (let after = 0; after <= versions; after++)
      for (const limit of [1, 3, 1000])
        expect(await stores.log.changes(id, after, versions, limit)).toEqual(
          (all as Change[]).slice(after, after + limit),
        );
  });

  test("a change has the newest seq at that moment", async () => {
    const { id, versions } = await lively();
    const all = (await stores.log.changes(id, 0, versions, 1000)) as Change[];
    let newest = 0;
    for (const change of all) {
      if (change.kind === "message") newest++;
      expect(change.lastSeq).toBe(newest);
    }
  });

  test("pages count back from the newest, and cursors win", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    await appendAll(
      id,
      Array.from({ length: 25 }, (_, i) => `${i + 1}`),
    );
    const seqs = async (query: Parameters<typeof stores.log.page>[1]) =>
      (await stores.log.page(id, query)).messages.map((message) => message.seq);
    expect(await seqs({ limit: 3 })).toEqual([23, 24, 25]);
    expect(await seqs({ limit: 3, offset: 23 })).toEqual([1, 2]);
    expect(await seqs({ limit: 3, offset: 25 })).toEqual([]);
    expect(await seqs({ limit: 3, offset: Number.MAX_SAFE_INTEGER })).toEqual([]);
    expect(await seqs({ limit: 3, beforeSeq: 5, offset: 9 })).toEqual([2, 3, 4]);
    expect(await seqs({ limit: 3, beforeSeq: Number.MAX_SAFE_INTEGER })).toEqual([23, 24, 25]);
    expect(await seqs({ limit: 3, beforeSeq: 0 })).toEqual([]);
    expect(await seqs({ limit: 3, afterSeq: 5 })).toEqual([6, 7, 8]);
    expect(await seqs({ limit: 3, afterSeq: 25 })).toEqual([]);
    expect(await seqs({ limit: 3, aroundSeq: 9, afterSeq: 1, beforeSeq: 1, offset: 9 })).toEqual([8, 9, 10]);
    expect(await seqs({ limit: 4, aroundSeq: 9 })).toEqual([7, 8, 9, 10]);
    expect(await seqs({ limit: 3, aroundSeq: 0 })).toEqual([1, 2, 3]);
    expect(await seqs({ limit: 3, aroundSeq: Number.MAX_SAFE_INTEGER })).toEqual([23, 24, 25]);
    expect((await seqs({ limit: 100, aroundSeq: 9 })).length).toBe(25);
    expect((await stores.log.page(id, { limit: 1 })).head.lastSeq).toBe(25);
  });

  test("retention cuts the log at its old end, and every count stays right", async () => {
    const { id, versions } = await lively();
    const { lastSeq } = (await stores.log.head(id)) ?? { lastSeq: 0 };
    await stores.query(
      "UPDATE messages SET created_at = now() - interval '2 days' WHERE conversation_id = $1 AND seq <= 7",
      [id],
    );
    await stores.query("UPDATE conversations SET oldest_at = now() - interval '2 days' WHERE id = $1", [id]);
    expect(await stores.log.prune(86_400_000)).toBe(7);
    expect(await stores.log.prune(86_400_000)).toBe(0);
    const { messages, head } = await stores.log.page(id, { limit: 100 });
    expect(messages.map((message) => message.seq)).toEqual(Array.from({ length: lastSeq - 7 }, (_, i) => i + 8));
    expect(head).toMatchObject({ lastSeq, lastVersion: versions, prunedSeq: 7 });
    const standing = await stores.memberships.standing(id, bob);
    const cut = standing?.prunedVersion ?? 0;
    expect(cut).toBeGreaterThanOrEqual(7);
    expect(await stores.log.changes(id, cut - 1, versions, 1000)).toBe("gone");
    // A change of a message that is gone ends the replay; from there on it is dense.
    const lastChangeOfPruned = 7 + 5;
    expect(versionsOf(await stores.log.changes(id, lastChangeOfPruned, versions, 1000))).toEqual(
      Array.from({ length: versions - lastChangeOfPruned }, (_, i) => i + lastChangeOfPruned + 1),
    );
    expect((await stores.conversations.summary(eve, id))?.messageCount).toBe(lastSeq - 7);
    expect((await stores.conversations.summary(eve, id))?.unreadCount).toBe(lastSeq - 7);
    expect((await stores.log.append(stores.draft(id, ann, "goes on"))).message.seq).toBe(lastSeq + 1);
  });

  test("a new member starts at the newest message, and a removed one can't send", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    await appendAll(id, ["1", "2", "3"]);
    const dan = await stores.user("Dan");
    await stores.conversations.alter(id, bob, { kind: "add", userIds: [dan], max: 100 });
    expect(await stores.memberships.standing(id, dan)).toMatchObject({ readSeq: 3, lastSeq: 3, lastVersion: 4 });
    await stores.conversations.alter(id, ann, { kind: "remove", userId: dan });
    await expect(stores.log.append(stores.draft(id, dan, "still?"))).rejects.toMatchObject({
      reason: "not_a_participant",
    });
    expect(await stores.memberships.standing(id, dan)).toBeUndefined();
  });

  /** A conversation with every kind of change in it: 6 messages, 5 other changes, 9 messages. */
  async function lively() {
    const id = await stores.conversation([ann, bob, eve]);
    const sent = await appendAll(id, ["1", "2", "3", "4", "5", "6"]);
    const [first, second] = sent.map(({ message }) => message.id);
    const dan = await stores.user("Dan");
    await stores.log.amend(id, ann, first ?? "", "edited");
    await stores.conversations.alter(id, ann, { kind: "add", userIds: [dan], max: 100 });
    await stores.log.amend(id, ann, second ?? "", null);
    await stores.conversations.alter(id, ann, { kind: "rename", name: "Lively" });
    await stores.conversations.alter(id, ann, { kind: "remove", userId: dan });
    await appendAll(id, ["7", "8", "9", "10", "11", "12", "13", "14", "15"]);
    return { id, versions: 20 };
  }
});

const versionsOf = (changes: Change[] | "gone" | "other_history") =>
  typeof changes === "string" ? changes : changes.map(({ version }) => version);
