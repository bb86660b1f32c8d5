import { afterAll, beforeAll, expect, test } from "bun:test";
import type { MessageFile } from "../../src/protocol/files.ts";
import { MessageFilesStore } from "../../src/server/features/files/message-files-store.ts";
import { threadIdOf } from "../../src/server/features/threads/id.ts";
import type { Draft } from "../../src/server/log/append.ts";
import type { Query } from "../../src/server/platform/postgres/database.ts";
import { insertFile } from "../support/files.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("files of messages", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let eve: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, eve] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Eve")];
  });
  afterAll(() => stores.close());

  const file = (given: Partial<Parameters<typeof insertFile>[1]> = {}) =>
    insertFile(stores.query, { userId: ann, ...given });
  const shown = (id: string): MessageFile => ({ id, name: "photo.jpg", type: "image/jpeg", bytes: 3 });
  const draftOf = (id: string, files: string[], given: Partial<Draft> = {}): Draft => ({
    ...stores.draft(id, ann, ""),
    files,
    fields: { files: files.map(shown) },
    ...given,
  });
  const send = (...given: Parameters<typeof draftOf>) => stores.log.append(draftOf(...given));
  const rowsOf = async (conversationId: string) =>
    (
      await stores.query<{ seq: number; n: number; file_id: string }>(
        "SELECT seq, n, file_id FROM message_files WHERE conversation_id = $1 ORDER BY seq, n",
        [conversationId],
      )
    ).map(({ seq, file_id }) => [Number(seq), file_id]);
  const ROUNDS = mode === "embedded" ? 5 : 40;
  const refused = (reason: string) => ({ status: "rejected", reason: { reason } });
  const seqs = (sent: PromiseSettledResult<{ message: { seq: number } }>[]) =>
    sent.map((one) => (one.status === "fulfilled" ? one.value.message.seq : one.reason.reason));

  test("a message takes its files in their order, and marks them as used", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const files = [await file(), await file(), await file()].reverse();
    const { message } = await send(id, files);
    expect(message).toMatchObject({ content: "", seq: 1, files: files.map(shown) });
    expect(await rowsOf(id)).toEqual(files.map((one) => [1, one]));
    const [used] = await stores.query("SELECT count(used_at)::int AS n FROM files WHERE id = ANY ($1::uuid[])", [
      files,
    ]);
    expect(used).toEqual({ n: 3 });
  });

  test("sends of one batch are decided one by one, and leave no gap in the numbers", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const mine = await file();
    const [unready, gone, foreign] = [
      await file({ state: "checking" }),
      Bun.randomUUIDv7(),
      await file({ userId: bob }),
    ];
    const sent = await Promise.allSettled([
      send(id, [mine]),
      send(id, [mine, gone]),
      send(id, [unready]),
      stores.log.append(stores.draft(id, bob, "plain")),
      send(id, [foreign, mine]),
      send(id, [mine], { ifSeq: 1 }),
      send(id, [mine], { ifSeq: 2 }),
      stores.log.append(stores.draft(id, ann, "plain too")),
    ]);
    expect(seqs(sent)).toEqual([1, "file_not_found", "file_not_ready", 2, "file_not_found", "newer", 3, 4]);
    expect(await rowsOf(id)).toEqual([
      [1, mine],
      [3, mine],
    ]);
    const { head } = await stores.log.page(id, { limit: 1 });
    expect(head).toMatchObject({ lastSeq: 4, lastVersion: 4 });
  });

  test("a repeated send gives the first message, also after its file has gone", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const mine = await file();
    const first = await send(id, [mine], { clientId: "once" });
    expect(await send(id, [mine], { clientId: "once" })).toMatchObject({ first: false, message: first.message });
    await expect(send(id, [await file()], { clientId: "once" })).rejects.toMatchObject({
      reason: "client_id_conflict",
    });
    await expect(send(id, [], { files: undefined, clientId: "once" })).rejects.toMatchObject({
      reason: "client_id_conflict",
    });
    await stores.log.amend(id, ann, first.message.id, null);
    await stores.query("DELETE FROM files WHERE id = $1", [mine]);
    expect(await send(id, [mine], { clientId: "once" })).toMatchObject({
      first: false,
      message: { seq: 1, content: "" },
    });
    expect(await rowsOf(id)).toEqual([]);
  });

  test("a deletion takes the files of a message, and an edit leaves them", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const [one, other] = [await file(), await file()];
    const { message } = await send(id, [one, other], { content: "Look!" });
    const { message: kept } = await send(id, [one]);
    expect((await stores.log.amend(id, ann, message.id, "Here!")).message.files).toHaveLength(2);
    expect((await stores.log.amend(id, ann, message.id, "")).message).toMatchObject({
      content: "",
      files: [{ id: one }, {}],
    });
    expect(await rowsOf(id)).toHaveLength(3);
    expect((await stores.log.amend(id, ann, message.id, null)).message.files).toBeUndefined();
    expect(await rowsOf(id)).toEqual([[kept.seq, one]]);
    // A file without a message is gone, even while its row is there.
    await expect(send(id, [other])).rejects.toMatchObject({ reason: "file_not_found" });
    expect((await send(id, [one])).message.seq).toBe(3);
  });

  test("a message without files keeps its text in an edit", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const { message } = await stores.log.append(stores.draft(id, ann, "text"));
    const fault = { reason: "validation_failed", errors: { content: ["Message content cannot be empty"] } };
    await expect(stores.log.amend(id, ann, message.id, "")).rejects.toMatchObject(fault);
    await expect(stores.log.amend(id, ann, Bun.randomUUIDv7(), "")).rejects.toMatchObject(fault);
  });

  test("a reply and its copy in the parent have the files, and lose them together", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const root = (await stores.log.append(stores.draft(id, bob, "root"))).message;
    const thread = threadIdOf(id, root.id);
    await stores.threads.start(ann, id, root.id);
    const files = [await file(), await file()];
    const { message, copy } = await send(thread, files, { alsoInParent: true, clientId: "both" });
    expect(copy).toMatchObject({ seq: 2, conversation_id: id, files: [{ id: files[0] }, {}] });
    expect([await rowsOf(thread), await rowsOf(id)]).toEqual([
      files.map((one) => [1, one]),
      files.map((one) => [2, one]),
    ]);
    await expect(send(thread, [Bun.randomUUIDv7()], { alsoInParent: true })).rejects.toMatchObject({
      reason: "file_not_found",
    });
    expect((await stores.log.page(id, { limit: 1 })).head.lastSeq).toBe(2);
    await stores.log.amend(id, ann, copy?.id ?? "", null);
    expect([await rowsOf(thread), await rowsOf(id)]).toEqual([[], []]);
    expect((await stores.log.page(thread, { limit: 1 })).messages[0]?.id).toBe(message.id);
  });

  test("the list has whole messages, newest or oldest first, and files of the kinds that are asked for", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const photo = () => file({ details: { width: 2, height: 1 } });
    const voice = () => file({ name: "v.webm", type: "audio/webm", details: { waveform: "AA==", duration: 2 } });
    const sent = [
      [await photo(), await voice(), await photo()],
      [await file({ type: "image/heic" })],
      [await photo(), await file({ type: "video/mp4" }), await file({ type: "audio/mpeg" })],
    ];
    for (const files of sent) await send(id, files);
    const list = async (page: Partial<Parameters<typeof stores.messageFiles.list>[1]>) => {
      const { files, next } = await stores.messageFiles.list(id, { limit: 50, ...page });
      return [files.map((one) => [one.seq, one.file.id]), next];
    };
    const of = (seq: number, ...places: number[]) => places.map((place) => [seq, sent[seq - 1]?.[place] ?? ""]);
    expect(await list({})).toEqual([[...of(3, 2, 1, 0), ...of(2, 0), ...of(1, 2, 1, 0)], null]);
    expect(await list({ limit: 2 })).toEqual([of(3, 2, 1, 0), 3]);
    expect(await list({ limit: 1, before: 3 })).toEqual([of(2, 0), 2]);
    expect(await list({ limit: 2, after: 0 })).toEqual([of(1, 0, 1, 2), 1]);
    expect(await list({ after: 1 })).toEqual([[...of(2, 0), ...of(3, 0, 1, 2)], null]);
    expect(await list({ kinds: ["image"] })).toEqual([[...of(3, 0), ...of(1, 2, 0)], null]);
    expect(await list({ kinds: ["voice", "video"], limit: 1 })).toEqual([of(3, 1), 3]);
    expect(await list({ kinds: ["other"] })).toEqual([of(2, 0), null]);
    const { messages } = await stores.log.page(id, { limit: 1, afterSeq: 2 });
    await stores.log.amend(id, ann, messages[0]?.id ?? "", null);
    expect(await list({ kinds: ["audio", "video"] })).toEqual([[], null]);
    const { files } = await stores.messageFiles.list(id, { limit: 1 });
    expect(files).toMatchObject([{ sender_id: ann, sender_name: "Ann Body", file: { name: "photo.jpg" } }]);
  });

  test("retention and removal of a conversation remove the rows of its files", async () => {
    const [pruned, removed] = [await stores.conversation([ann, bob, eve]), await stores.conversation([ann, bob, eve])];
    for (const id of [pruned, removed]) await send(id, [await file(), await file()]);
    await stores.query("UPDATE messages SET created_at = now() - interval '1 hour' WHERE conversation_id = $1", [
      pruned,
    ]);
    await stores.query("UPDATE conversations SET oldest_at = now() - interval '1 hour' WHERE id = $1", [pruned]);
    await stores.log.prune(60_000);
    expect(await rowsOf(pruned)).toEqual([]);
    expect(await rowsOf(removed)).toHaveLength(2);
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [ann]);
    await stores.admin.conversations.remove({ userId: ann, address: "192.0.2.1", network: "192.0.2.1" }, removed);
    while ((await stores.erasing.erasePiece(removed)) === "more");
    expect(await rowsOf(removed)).toEqual([]);
  });

  test("batches with the same files end, whatever their order, beside somebody who removes files", async () => {
    const nodes = [stores.log, stores.beside().log, stores.beside().log];
    const places = await Promise.all([1, 2, 3].map(() => stores.conversation([ann, bob, eve])));
    const files = await Promise.all(Array.from({ length: 10 }, () => file()));
    const removing = Promise.all(
      files.slice(0, 3).map((one) => stores.query("DELETE FROM files WHERE id = $1 AND used_at IS NULL", [one])),
    );
    const sent = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) => {
        const mixed = i % 2 === 0 ? files : files.toReversed();
        const node = nodes[i % 3];
        if (!node) throw new Error("no node");
        return node.append(draftOf(places[(i >> 1) % 3] ?? "", mixed.slice(i % 4, 4 + (i % 6))));
      }),
    );
    await removing;
    for (const one of sent) if (one.status === "rejected") expect(one).toMatchObject(refused("file_not_found"));
    for (const id of places) {
      const page = await stores.log.page(id, { limit: 100 });
      const wanted = page.messages.flatMap(({ seq, files: of = [] }) =>
        of.map((one) => [seq, one.id] as [number, string]),
      );
      expect(await rowsOf(id)).toEqual(wanted);
      expect(page.head.lastSeq).toBe(page.messages.length);
    }
    const lost = await stores.query(
      "SELECT FROM message_files m WHERE NOT EXISTS (SELECT FROM files f WHERE f.id = m.file_id)",
      [],
    );
    expect(lost).toEqual([]);
  });

  test("retention, erasing and upkeep end beside sends of the same files, and leave none behind that no message has", async () => {
    const [one, other, upkeep] = [stores.beside(), stores.beside(), stores.beside()];
    const [old, next] = [await stores.conversation([ann, bob, eve]), await stores.conversation([ann, bob, eve])];
    const deadlocks = async () => {
      const sql = "SELECT deadlocks::int AS count FROM pg_stat_database WHERE datname = current_database()";
      return (await stores.query<{ count: number }>(sql, []))[0]?.count;
    };
    const before = await deadlocks();
    for (let round = 0; round < ROUNDS; round++) {
      const files = await Promise.all([file(), file(), file(), file()]);
      // A message of its own for each file, so that retention meets them in the order of the messages.
      for (const id of files.toReversed()) await one.log.append(draftOf(old, [id]));
      const erased = await stores.conversation([ann, bob]);
      for (const id of files.toReversed()) await one.log.append(draftOf(erased, [id]));
      const age = "UPDATE messages SET created_at = created_at - interval '1 day' WHERE conversation_id = $1";
      await stores.query(age, [old]);
      await stores.query("UPDATE conversations SET oldest_at = now() - interval '1 day' WHERE id = $1", [old]);
      await stores.query(
        `WITH gone AS (DELETE FROM conversations WHERE id = $1 RETURNING *)
         INSERT INTO removed_conversations (id, last_seq, last_version, pruned_seq, pruned_version, removed_at)
         SELECT id, last_seq, last_version, 0, 0, now() FROM gone`,
        [erased],
      );
      const done = await Promise.allSettled([
        one.log.prune(3_600_000),
        other.log.append(draftOf(next, files)),
        upkeep.erasing.erasePiece(erased),
        upkeep.files.removeLoose(100),
      ]);
      for (const it of done) if (it.status === "rejected") expect(it).toMatchObject(refused("file_not_found"));
      if (round % 2 === 0)
        await one.log.amend(next, ann, (await one.log.page(next, { limit: 1 })).messages[0]?.id ?? "", null);
    }
    expect(await deadlocks()).toBe(before);
    const dangling = "SELECT FROM message_files m WHERE NOT EXISTS (SELECT FROM files f WHERE f.id = m.file_id)";
    expect(await stores.query(dangling, [])).toEqual([]);
    const forgotten = `SELECT FROM files f WHERE used_at IS NOT NULL AND loose_at IS NULL
      AND NOT EXISTS (SELECT FROM message_files m WHERE m.file_id = f.id)`;
    expect(await stores.query(forgotten, [])).toEqual([]);
  });

  test("a list of 100,000 files reads the index alone, also for a rare kind", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    for (let from = 1; from < 100_000; from += 10_000)
      await stores.query(
        `INSERT INTO message_files (conversation_id, seq, n, file_id, kind)
       SELECT $1, n, 0, gen_random_uuid(), CASE WHEN n = 7 THEN 'voice' ELSE 'image' END FROM generate_series($2::int, $2::int + 9999) n`,
        [id, from],
      );
    await stores.query("ANALYZE message_files", []);
    const asked: { text: string; parameters: Parameters<Query>[1] }[] = [];
    const db = {
      query: <Row>(text: string, parameters: Parameters<Query>[1]): Promise<Row[]> => {
        asked.push({ text, parameters });
        return stores.query<Row>(text, parameters);
      },
    };
    const lists = new MessageFilesStore(db, stores.filling.names);
    for (const page of [
      {},
      { after: 5 },
      { kinds: ["voice" as const] },
      { kinds: ["voice" as const, "image" as const], before: 90_000 },
    ])
      await lists.list(id, { limit: 50, ...page });
    for (const { text, parameters } of asked) {
      const plan = await stores.query<Record<string, string>>(`EXPLAIN (ANALYZE, TIMING OFF) ${text}`, parameters);
      const lines = plan.map((row) => Object.values(row)[0] ?? "");
      expect(lines.join("\n")).not.toContain("Seq Scan on message_files");
      const read = lines
        .filter((line) => line.includes("message_files"))
        .map((line) => Number(/actual .*rows=([\d.]+)/.exec(line)?.[1]));
      for (const rows of read) expect(rows).toBeLessThanOrEqual(60);
    }
    expect(asked).toHaveLength(4);
  });
});
