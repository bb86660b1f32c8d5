import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startTestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

setDefaultTimeout(60_000);

const MANY = 20_000;
/** The facts that the PostgreSQL of the tests reports. */
const ABOUT_DATABASE = /fsync is off|LC_CTYPE is C/;

describe.skipIf(!modes.includes("postgres"))("erasing a large conversation", () => {
  let place: Place;
  let sql: postgres.Sql;
  beforeAll(async () => {
    place = await makePlace("postgres");
    sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
  });
  afterAll(async () => {
    await sql.end();
    place.remove();
  });

  const start = () => startTestServer("postgres", place.environment);
  const left = async (id: string) => (await sql`SELECT seq FROM messages WHERE conversation_id = ${id}`).length;

  /** A conversation of so many messages. */
  async function conversation(ann: Client, bob: Client, messages: number): Promise<string> {
    const { id } = await ann.conversation([bob]);
    await sql`INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
      SELECT ${id}, n, n, gen_random_uuid(), ${ann.id}, 'A', 'a', 'x', now() FROM generate_series(1, ${messages}::integer) AS n`;
    await sql`UPDATE conversations SET last_seq = ${messages}, last_version = ${messages} WHERE id = ${id}`;
    return id;
  }
  const remove = async (root: Client, id: string) =>
    expect((await root.delete(`/api/admin/conversations/${id}/`)).status).toBe(200);
  /** Waits until its first messages are erased. */
  async function isBegun(id: string) {
    while ((await left(id)) === MANY) await Bun.sleep(5);
  }

  test("ends with its node without an error, and the next node goes on with it", async () => {
    const first = await start();
    const root = await superuser(first);
    const id = await conversation(root, await first.person(), MANY);
    await remove(root, id);
    await isBegun(id);
    await first.stop();
    const rest = await left(id);
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThan(MANY);

    // Ends the claim, as ten seconds would.
    await sql`UPDATE removed_conversations SET claimed_until = now()`;
    const second = await start();
    while ((await left(id)) > 0) await Bun.sleep(20);
    await second.stop();
    // Its log has no error of its end, nor of anything after it.
    for (const { log } of [first, second])
      expect(log.filter((line) => JSON.parse(line).level >= 40 && !ABOUT_DATABASE.test(line))).toEqual([]);
  });

  test("does not delay the erasing of a small one that is removed meanwhile", async () => {
    const server = await start();
    const root = await superuser(server);
    const large = await conversation(root, await server.person(), MANY);
    const small = await conversation(root, await server.person(), 1_500);
    await remove(root, large);
    await isBegun(large);
    await remove(root, small);
    while ((await left(small)) > 0) await Bun.sleep(20);
    expect(await left(large)).toBeGreaterThan(0);
    while ((await left(large)) > 0) await Bun.sleep(20);
    await server.stop();
  });
});
