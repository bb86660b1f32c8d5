import type { Database } from "../../platform/postgres/database.ts";
import { iso, ms } from "../../platform/postgres/values.ts";

/** About how many conversations are searched for one person. */
const PLACES_A_PERSON = 5;

/** Writes down when people were last online, and reads it for the people who may know. */
export class PresenceStore {
  constructor(private readonly db: Database) {}

  /**
   * Notes that people were online until `goneMs` ago. The noted moment never moves back, and `last_seen` stays as it is.
   * Returns, as ISO 8601, the moment that others see: this one, or the last login if it is later.
   */
  async wentOffline(people: { id: number; goneMs: number }[]) {
    const rows = await this.db.query<{ id: number; seen_ms: number }>(WENT_OFFLINE, [
      people.map(({ id }) => id),
      people.map(({ goneMs }) => Math.round(goneMs)),
    ]);
    return new Map(rows.map((row) => [row.id, iso(row.seen_ms)]));
  }

  /**
   * Finds out whose presence each watcher may know of now: their own, and the presence of people with whom they share a
   * conversation. Returns, by watcher, these people with the moment they were last online or logged in.
   */
  async visible(watched: ReadonlyMap<number, Iterable<number>>) {
    const pairs = [...watched].flatMap(([watcher, ids]) => Array.from(ids, (id) => [watcher, id] as const));
    const visible = new Map(Array.from(watched.keys(), (watcher) => [watcher, new Map<number, string | null>()]));
    const atOnce = Math.ceil(this.db.pieceRows / PLACES_A_PERSON);
    for (let i = 0; i < pairs.length; i += atOnce) {
      const some = pairs.slice(i, i + atOnce);
      const watchers = some.map(([watcher]) => watcher);
      const ids = some.map(([, id]) => id);
      const rows = await this.db.query<{ watcher: number; id: number; seen_ms: number | null }>(VISIBLE, [
        watchers,
        ids,
        [...new Set(watchers)],
      ]);
      for (const row of rows) visible.get(row.watcher)?.set(row.id, row.seen_ms === null ? null : iso(row.seen_ms));
    }
    return visible;
  }
}

/** The moment that people see who may know of the presence. Everybody else sees `last_seen` alone. */
const SEEN = ms("greatest(u.last_seen, u.last_online)");

const WENT_OFFLINE = `UPDATE users u SET last_online = greatest(u.last_online, now() - gone.ms * interval '1 millisecond')
  FROM unnest($1::integer[], $2::bigint[]) AS gone (id, ms) WHERE u.id = gone.id
  RETURNING u.id, ${SEEN} AS seen_ms`;

/**
 * IS TRUE keeps the planner from a join. The planner then hashes the watchers' conversations once, and reads each
 * person's conversations until one is found there. MUST be run for about a hundred watchers at most. If the hash does
 * not fit in memory, PostgreSQL searches the whole list for each row.
 */
const VISIBLE = `SELECT asked.watcher, u.id, ${SEEN} AS seen_ms
  FROM unnest($1::integer[], $2::integer[]) AS asked (watcher, id)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u
  WHERE u.id = asked.watcher OR EXISTS (
    SELECT FROM (SELECT conversation_id AS id FROM participants WHERE user_id = u.id OFFSET 0) theirs
    WHERE ((asked.watcher, theirs.id) IN (SELECT user_id, conversation_id FROM participants WHERE user_id = ANY ($3::integer[]))) IS TRUE
  )`;
