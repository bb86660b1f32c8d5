import pino from "pino";
import { COMMAND_LINE } from "../../../src/server/base/caller.ts";
import { readConfig } from "../../../src/server/config.ts";
import { Passwords } from "../../../src/server/features/accounts/passwords.ts";
import { openDriver } from "../../../src/server/node/drivers.ts";
import { storesOn } from "../../../src/server/node/stores.ts";
import { Database, type Query } from "../../../src/server/platform/postgres/database.ts";
import { PASSWORD } from "../../support/client.ts";

/** How much there is of everything. */
export interface Amounts {
  users: number;
  /** Messages of the largest conversation, and of all others together. */
  largest: number;
  others: number;
  /** Conversations that Ann takes part in. */
  own: number;
  /** Those of them that have a thousand members; the others have 60. */
  large: number;
}

export const AMOUNTS: Amounts = { users: 20_000, largest: 900_000, others: 100_000, own: 1_000, large: 100 };

const EMAILS = { ann: "ann@bench.example", bob: "bob@bench.example", root: "root@bench.example" };
export type Seat = keyof typeof EMAILS;
export const seats = Object.entries(EMAILS) as [Seat, string][];

const FIRST =
  "Ada Ben Clara David Emil Fatima George Hana Igor Julia Kofi Lena Mario Nora Omar Paula Quinn Rosa Sam Tara";
const LAST =
  "Abbott Brandt Costa Dubois Eriksson Fischer Garcia Hansen Ivanov Jensen Keller Lopez Martin Novak Olsen Peters";

/** Fills an embedded database that is empty. Rows are made by the database itself, as the server would have written them. */
export async function prepare(dataDir: string, amounts: Amounts, say: (text: string) => void): Promise<void> {
  const driver = await openDriver(readConfig({ DATA_DIR: dataDir }), pino({ level: "silent" }));
  try {
    await driver.migrate(true);
    const stores = storesOn(new Database(driver));
    const passwordHash = await new Passwords().hash(PASSWORD, COMMAND_LINE);
    for (const [name, email] of seats)
      await stores.users.create({
        email,
        firstName: name,
        lastName: "Bench",
        passwordHash,
        isSuperuser: name === "root",
      });
    // No look-up per row for the foreign keys: what is made is right.
    await driver.query("SET session_replication_role = replica", []);
    await fill(driver.query, amounts, say);
    for (const table of ["users", "conversations", "participants", "messages", "audit_log"])
      await driver.query(`VACUUM ANALYZE ${table}`, []);
    await driver.query("CHECKPOINT", []);
  } finally {
    await driver.close();
  }
}

async function fill(query: Query, amounts: Amounts, say: (text: string) => void) {
  const { users, largest, others, own, large } = amounts;
  const first = FIRST.split(" ");
  const last = LAST.split(" ");
  say(`${users} users`);
  await query(
    `INSERT INTO users (email, first_name, last_name, password_hash)
     SELECT lower(f || '.' || l) || n || '@example.com', f, l, 'none' FROM (
       SELECT n, ($2::text[])[1 + n % ${first.length}] AS f, ($3::text[])[1 + (n / ${first.length}) % ${last.length}] AS l
       FROM generate_series(4, $1::integer) AS n
     ) names`,
    [users, first, last],
  );
  say(`${own} conversations of Ann, ${large} of them with 1,000 members`);
  await query(
    `INSERT INTO conversations (id, name, is_group, owner_id, participant_count, last_seq, last_version, oldest_at, updated_at)
     SELECT gen_random_uuid(), 'Group ' || n, true, 1, CASE WHEN n <= $2 THEN 1000 ELSE 60 END, 10, 10, now(),
       now() - n * interval '1 second'
     FROM generate_series(1, $1::integer) AS n`,
    [own, large],
  );
  await query(
    `INSERT INTO participants (conversation_id, user_id)
     SELECT c.id, CASE WHEN k <= 2 THEN k ELSE 4 + (substr(c.name, 7)::integer * 37 + k * 17) % ($1::integer - 4) END
     FROM conversations c, generate_series(1, c.participant_count) AS k`,
    [users],
  );
  say("conversations of others");
  await query(
    `INSERT INTO conversations (id, name, is_group, owner_id, participant_count, last_seq, last_version, oldest_at, updated_at)
     SELECT gen_random_uuid(), 'Other ' || n, true, 4, 3, 10, 10, now(), now() - n * interval '1 second'
     FROM generate_series(1, $1::integer) AS n`,
    [Math.max(0, Math.floor(others / 10) - own)],
  );
  await query(
    `INSERT INTO participants (conversation_id, user_id)
     SELECT c.id, 4 + (substr(c.name, 7)::integer * 7 + k) % ($1::integer - 4)
     FROM conversations c, generate_series(0, 2) AS k WHERE c.name LIKE 'Other %'`,
    [users],
  );
  say(`${others} messages in these`);
  await messages(query, "c.name NOT LIKE 'Largest%'", "generate_series(1, c.last_seq)", []);
  say(`${largest} messages in one more`);
  await query(
    `WITH made AS (
       INSERT INTO conversations (id, name, is_group, owner_id, participant_count, last_seq, last_version, oldest_at)
       VALUES (gen_random_uuid(), 'Largest', true, 1, 1000, $1, $1, now() - interval '400 days') RETURNING id
     )
     INSERT INTO participants (conversation_id, user_id)
     SELECT id, CASE WHEN k <= 2 THEN k ELSE k + 1 END FROM made, generate_series(1, 1000) AS k`,
    [largest],
  );
  const piece = 100_000;
  for (let from = 1; from <= largest; from += piece)
    await messages(query, "c.name = 'Largest'", "generate_series($1::bigint, $2::bigint)", [
      from,
      Math.min(largest, from + piece - 1),
    ]);
  say("10,000 entries of the audit log");
  await query(
    `INSERT INTO audit_log (actor_id, actor_email, action, target_type, target_id, details)
     SELECT 3, $1, 'messages_read', 'conversation', gen_random_uuid()::text, '{"count": 50}' FROM generate_series(1, 20000)`,
    [EMAILS.root],
  );
}

/** Messages of Bob, and of Ann every other; those of the largest conversation are old. */
const messages = (query: Query, which: string, series: string, parameters: number[]) =>
  query(
    `INSERT INTO messages (
       conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at
     )
     SELECT c.id, n, n, gen_random_uuid(), u.id, u.first_name || ' ' || u.last_name, u.email, 'seed-' || n,
       'Message number ' || n || ', about as long as people write them in a chat.',
       CASE WHEN c.name = 'Largest' THEN now() - interval '400 days' ELSE now() END
     FROM conversations c, ${series} AS n JOIN users u ON u.id = 1 + n % 2 WHERE ${which}`,
    parameters,
  );
