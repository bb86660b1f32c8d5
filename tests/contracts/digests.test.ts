import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const sha256 = (...parts: (string | Buffer)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const bytesOf = (uuid: string) => Buffer.from(uuid.replaceAll("-", ""), "hex");

inEachDatabase("the digest of a message that was edited or deleted", (mode) => {
  let stores: TestStores;
  let ann: number;
  let id: string;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    ann = await stores.user("Ann");
    id = await stores.conversation([ann, await stores.user("Bob")]);
  });
  afterAll(() => stores.close());

  const append = async (content: string, clientId?: string) =>
    (await stores.log.append(stores.draft(id, ann, content, clientId))).message;
  const kept = async (messageId: string) => {
    const [row] = await stores.query<{ digest: string | null }>(
      "SELECT first_content AS digest FROM messages WHERE id = $1",
      [messageId],
    );
    return row?.digest;
  };
  const keyed = async (messageId: string, content: string) => {
    const [secret] = await stores.query<{ value: string }>("SELECT value FROM secrets WHERE name = 'digest'", []);
    return sha256(sha256(secret?.value ?? ""), bytesOf(messageId), sha256(content)).toString("base64url");
  };

  test("can't be guessed without the database's secret, nor compared with that of another message", async () => {
    const [yes, another] = [await append("yes", "1"), await append("yes", "2")];
    await stores.log.amend(id, ann, yes.id, null);
    await stores.log.amend(id, ann, another.id, "no");
    for (const { id: messageId } of [yes, another]) {
      expect(await kept(messageId)).not.toBe(sha256("yes").toString("base64url"));
      expect(await kept(messageId)).toBe(await keyed(messageId, "yes"));
    }
    expect(await kept(yes.id)).not.toBe(await kept(another.id));
  });

  test("stays the same after another edit, and does not exist without a client_id", async () => {
    const [one, without] = [await append("one", "3"), await append("one")];
    for (const content of ["two", "three", null]) {
      await stores.log.amend(id, ann, one.id, content);
      await stores.log.amend(id, ann, without.id, content);
    }
    expect(await kept(one.id)).toBe(await keyed(one.id, "one"));
    expect(await kept(without.id)).toBeNull();
  });

  test("is keyed when a node of the last release writes it, and known to it", async () => {
    const message = await append("from old", "4");
    await stores.query("SELECT confab_amend($1, $2, $3, $4)", [id, ann, message.id, "edited"]);
    expect(await kept(message.id)).toBe(await keyed(message.id, "from old"));
    const told = async (content: string) => {
      const [row] = await stores.query<{ digest: string }>(
        `SELECT first_content AS digest
         FROM confab_append(ARRAY[$1]::uuid[], ARRAY[1], ARRAY[$2]::uuid[], ARRAY[$3]::integer[], ARRAY['4'], ARRAY[$4], false, false)`,
        [id, Bun.randomUUIDv7(), ann, content],
      );
      return row?.digest;
    };
    expect(await told("from old")).toBe(sha256("from old").toString("base64url"));
    expect(await told("something else")).toBe((await kept(message.id)) ?? "");
  });

  test("of an earlier release is keyed by the migration", async () => {
    const [edited, deleted] = [await append("first", "5"), await append("secret", "6")];
    await stores.log.amend(id, ann, edited.id, "second");
    await stores.log.amend(id, ann, deleted.id, null);
    const plain = (text: string) => sha256(text).toString("base64url");
    await stores.query("UPDATE messages SET first_content = $1 WHERE id = $2", [plain("first"), edited.id]);
    await stores.query("UPDATE messages SET first_content = $1 WHERE id = $2", [plain("secret"), deleted.id]);
    const migration = await Bun.file(new URL("../../drizzle/0010_digests.sql", import.meta.url)).text();
    const keying = migration.split("--> statement-breakpoint").filter((part) => part.includes("UPDATE messages"));
    expect(keying).toHaveLength(1);
    // Those that the tests before have left are keyed already.
    await stores.query("UPDATE messages SET first_content = NULL WHERE id <> ALL (ARRAY[$1, $2]::uuid[])", [
      edited.id,
      deleted.id,
    ]);
    for (const statement of keying) await stores.query(statement, []);
    expect(await kept(edited.id)).toBe(await keyed(edited.id, "first"));
    expect(await kept(deleted.id)).toBe(await keyed(deleted.id, "secret"));
    expect((await stores.log.append(stores.draft(id, ann, "secret", "6"))).message.id).toBe(deleted.id);
    await expect(stores.log.append(stores.draft(id, ann, "secret?", "6"))).rejects.toMatchObject({
      reason: "client_id_conflict",
    });
  });

  test("is recognised in a database that moved from the embedded one, or to it", async () => {
    const marked = "\ufeffmarked";
    const message = await append(marked, "7");
    await stores.log.amend(id, ann, message.id, null);
    for (const content of [marked, `\ufeff${marked}`]) {
      await stores.query("UPDATE messages SET first_content = $1 WHERE id = $2", [
        await keyed(message.id, content),
        message.id,
      ]);
      expect((await stores.log.append(stores.draft(id, ann, marked, "7"))).message.id).toBe(message.id);
    }
  });
});
