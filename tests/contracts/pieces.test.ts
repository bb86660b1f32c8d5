import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { type Stores, storesOn } from "../../src/server/node/stores.ts";
import { Database, type Driver, type Query } from "../../src/server/platform/postgres/database.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";

const PIECE_ROWS = 50;
/** A statement looks at a row of its piece by an index, and at what belongs to it, a few times over. */
const ROWS_MOST = PIECE_ROWS * 10;
const PEOPLE = 600;
const GROUPS = 40;
const MEMBERS = 60;
/** One group with more members than a piece has rows. */
const LARGE = 250;
const MESSAGES = 600;

// Redis has no part in it.
describe.each(modes.filter((mode) => mode !== "redis"))(
  "every statement of a list, a search or of upkeep (%s)",
  (mode) => {
    let place: Place;
    let driver: Driver;
    let stores: Stores;
    let query: Query;
    let ann = 0;
    let largest = { statement: "", rows: 0 };

    /** Rows and index entries that the database has looked at so far. */
    async function looked(): Promise<number> {
      await query("SELECT pg_stat_force_next_flush()", []);
      const [row] = await query<{ rows: number }>(
        `SELECT (
         (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables)
         + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes)
       )::float8 AS rows`,
        [],
      );
      return row?.rows ?? 0;
    }

    const counting =
      (run: Query): Query =>
      async (statement, parameters) => {
        const before = await looked();
        const answer = await run(statement, parameters);
        // Only PostgreSQL's time-out bounds the rows that an index finds. Without a time-out the index is not used.
        if (driver.searchesByIndex && statement.includes("confab_found_users")) return answer as never;
        const rows = (await looked()) - before;
        if (rows > largest.rows) largest = { statement, rows };
        return answer as never;
      };

    beforeAll(async () => {
      place = await makePlace(mode);
      driver = await openDriver(
        readConfig({ ...place.environment, DATABASE_POOL_SIZE: "1" }),
        pino({ level: "silent" }),
      );
      await driver.migrate(true);
      query = driver.query;
      const db = new Database({
        ...driver,
        pieceRows: PIECE_ROWS,
        query: counting(driver.query),
        bulkQuery: counting(driver.bulkQuery),
      });
      stores = storesOn(db);
      const [row] = await query<{ id: number }>(
        `INSERT INTO users (email, first_name, last_name, password_hash) VALUES ('ann@a.b', 'Ann', 'Q', '') RETURNING id`,
        [],
      );
      ann = row?.id ?? 0;
      await query(
        `INSERT INTO users (email, first_name, last_name, password_hash, is_active)
       SELECT 'crowd' || n || '@example.com', 'Crowd', CASE WHEN n % 250 = 0 THEN 'Rare' ELSE 'Common' END, '', n % 10 > 0
       FROM generate_series(1, $1::integer) AS n`,
        [PEOPLE],
      );
      await query(
        `INSERT INTO conversations (id, name, is_group, owner_id, participant_count, updated_at)
       SELECT gen_random_uuid(), CASE WHEN n % 20 = 0 THEN 'Common ' || n ELSE 'G' || n END, true, $1::integer,
         CASE WHEN n = 1 THEN ${LARGE} ELSE ${MEMBERS} END, now() - n * interval '1 second'
       FROM generate_series(1, $2::integer) AS n`,
        [ann, GROUPS],
      );
      await query(
        `INSERT INTO participants (conversation_id, user_id)
       SELECT c.id, CASE WHEN k = 1 THEN $1::integer ELSE $1::integer + k + CASE WHEN c.participant_count = ${LARGE} THEN 0 ELSE 300 END END
       FROM conversations c, generate_series(1, c.participant_count) AS k`,
        [ann],
      );
    }, 60_000);
    afterAll(async () => {
      await driver.close();
      place.remove();
    });

    const stays = async (what: () => Promise<unknown>) => {
      largest = { statement: "", rows: 0 };
      await what();
      if (largest.rows > ROWS_MOST) expect(largest).toEqual({ statement: "", rows: ROWS_MOST });
    };

    const active = PEOPLE * 0.9;
    const searches = [
      ["", active],
      ["c", active],
      ["CROWD", active],
      ["example.com", active],
      ["Rare", 0],
      ["zzzzz", 0],
      ["crowd1@", 1],
    ] as const;

    test("looks at a bounded number of rows when people are listed, and totals and pages are exact", async () => {
      for (const [search, total] of searches)
        for (const shared of [false, true])
          await stays(async () => {
            const list = (limit: number, offset: number) =>
              stores.users.list({ callerId: ann, shared, search, limit, offset });
            const all = await list(PEOPLE, 0);
            expect([search, all.total]).toEqual([search, shared ? all.users.length : total]);
            expect(all.users).toHaveLength(all.total);
            const ids = all.users.map(({ id }) => id);
            expect(ids).toEqual([...ids].sort((a, b) => b - a));
            const offset = all.total >> 1;
            expect(await list(7, offset)).toEqual({ users: all.users.slice(offset, offset + 7), total: all.total });
            expect((await list(7, all.total + 5)).users).toEqual([]);
          });
    }, 120_000);

    test("looks at a bounded number of rows when conversations are listed and searched, and totals and pages are exact", async () => {
      const expected = { "": GROUPS, common: GROUPS, "common 40": 1, zzzzz: 0, q: 0, crowd240: 1, "@": GROUPS };
      for (const [search, total] of Object.entries(expected))
        await stays(async () => {
          const list = (limit: number, offset: number) =>
            stores.conversations.summaries(ann, { limit, offset, search });
          const all = await list(1_000, 0);
          expect([search, all.total, all.rows.length]).toEqual([search, total, total]);
          const times = all.rows.map(({ updatedAt }) => updatedAt);
          expect(times).toEqual([...times].sort().reverse());
          for (const row of all.rows) expect(row.participants).toHaveLength(50);
          const offset = total >> 1;
          expect(await list(7, offset)).toEqual({ ...all, rows: all.rows.slice(offset, offset + 7) });
        });
    }, 120_000);

    test("looks at a bounded number of rows when many people are watched", async () => {
      const ids = Array.from({ length: PEOPLE }, (_, i) => ann + i);
      await stays(async () => {
        const visible = (await stores.presence.visible(new Map([[ann, ids]]))).get(ann);
        // Herself, those of the large group, and those of the others.
        expect(visible?.size).toBe(1 + (LARGE - 1) + (MEMBERS - 1));
      });
    }, 60_000);

    test("removes a bounded number of messages when a conversation is pruned or erased", async () => {
      for (const how of ["prune", "erase"] as const) {
        const id = Bun.randomUUIDv7();
        await query(
          `INSERT INTO conversations (id, is_group, owner_id, participant_count, last_seq, last_version, oldest_at)
         VALUES ($1, true, $2, 1, $3, $3, now() - interval '1 day')`,
          [id, ann, MESSAGES],
        );
        await query(
          `INSERT INTO messages (conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at)
         SELECT $1, n, n, gen_random_uuid(), $2, 'A', 'a', 'x', now() - interval '1 day' FROM generate_series(1, $3::integer) AS n`,
          [id, ann, MESSAGES],
        );
        await stays(async () => {
          if (how === "prune") expect(await stores.log.prune(1_000)).toBe(MESSAGES);
          else {
            await query(
              `INSERT INTO removed_conversations (id, pruned_seq, last_seq, pruned_version, last_version)
             VALUES ($1, 0, $2, 0, $2)`,
              [id, MESSAGES],
            );
            while ((await stores.erasing.erasePiece(id)) === "more");
          }
        });
        expect(await query("SELECT seq FROM messages WHERE conversation_id = $1", [id])).toEqual([]);
      }
    }, 60_000);
  },
);
