import type { Sql } from "postgres";

/** Fills the tables with thousands of rows, as the server would have written them. */
export class Seeder {
  private constructor(private readonly sql: Sql) {}

  /** @param sql one connection of a superuser */
  static async on(sql: Sql): Promise<Seeder> {
    // No look-up per row for the foreign keys: what is made is right.
    await sql`SET session_replication_role = replica`;
    return new Seeder(sql);
  }

  /** People until there are so many; returns the ids of those that were added. */
  async users(total: number): Promise<number[]> {
    const rows = await this.sql<{ id: number }[]>`
      INSERT INTO users (email, first_name, last_name, password_hash)
      SELECT 'crowd' || n || '@example.com', 'Crowd', 'Number ' || n, 'none'
      FROM generate_series((SELECT count(*) FROM users) + 1, ${total}) AS n RETURNING id`;
    return rows.map((row) => row.id);
  }

  /** A group of these people without a message; the first of them owns it. */
  async group(userIds: number[]): Promise<string> {
    const id = crypto.randomUUID();
    await this.sql`INSERT INTO conversations (id, is_group, owner_id, participant_count)
      VALUES (${id}, true, ${userIds[0] ?? null}, 0)`;
    await this.members(id, userIds);
    return id;
  }

  /** Lets people join, without a change in the log. */
  async members(conversationId: string, userIds: number[]): Promise<void> {
    await this.sql`INSERT INTO participants (conversation_id, user_id, read_seq)
      SELECT c.id, u.id, c.last_seq FROM conversations c, unnest(${userIds}::integer[]) AS u (id)
      WHERE c.id = ${conversationId}`;
    await this.sql`UPDATE conversations SET participant_count = participant_count + ${userIds.length}
      WHERE id = ${conversationId}`;
  }

  /** Messages of this sender until the conversation has so many. */
  async messages(conversationId: string, senderId: number, total: number): Promise<void> {
    await this.sql`INSERT INTO messages (
        conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at
      )
      SELECT c.id, n, c.last_version + n - c.last_seq, gen_random_uuid(), u.id, u.first_name || ' ' || u.last_name,
        u.email, 'seed-' || n, 'Message number ' || n || ', about as long as people write them in a chat.', now()
      FROM conversations c, users u, generate_series(c.last_seq + 1, ${total}::bigint) AS n
      WHERE c.id = ${conversationId} AND u.id = ${senderId}`;
    await this.sql`UPDATE conversations SET last_version = last_version + ${total} - last_seq, last_seq = ${total},
        oldest_at = coalesce(oldest_at, now()), updated_at = now()
      WHERE id = ${conversationId} AND last_seq < ${total}`;
  }

  /** Reactions of these people to a message, after those that are there, all with one emoji. */
  async reactions(conversationId: string, seq: number, emoji: string, userIds: number[]): Promise<void> {
    await this.sql`INSERT INTO reactions (conversation_id, message_seq, emoji, user_id, at)
      SELECT ${conversationId}, ${seq}, ${emoji}, u.id, now() + u.n * interval '1 microsecond'
      FROM unnest(${userIds}::integer[]) WITH ORDINALITY AS u (id, n)`;
    await this.sql`UPDATE messages m SET fields = jsonb_build_object('reactions', jsonb_build_array(jsonb_build_object(
        'emoji', ${emoji}::text, 'count', r.count, 'user_ids', r.ids [1:50]
      )))
      FROM (SELECT count(*) AS count, array_agg(user_id ORDER BY at, user_id) AS ids FROM reactions
        WHERE conversation_id = ${conversationId} AND message_seq = ${seq} AND emoji = ${emoji}) r
      WHERE m.conversation_id = ${conversationId} AND m.seq = ${seq}`;
  }

  /** Gives the newest messages without a file one picture each, so many. Returns the id of one. */
  async files(conversationId: string, userId: number, total: number): Promise<string> {
    const [row] = await this.sql<{ file_id: string }[]>`WITH chosen AS MATERIALIZED (
        SELECT seq, gen_random_uuid() AS id FROM messages m WHERE conversation_id = ${conversationId} AND NOT EXISTS (
          SELECT FROM message_files WHERE conversation_id = m.conversation_id AND seq = m.seq
        ) ORDER BY seq DESC LIMIT ${total}
      ), made AS (
        INSERT INTO files (id, user_id, name, bytes, state, used_at)
        SELECT id, ${userId}::int, 'picture.png', 1, 'ready', now() FROM chosen
      )
      INSERT INTO message_files (conversation_id, seq, n, file_id, kind)
      SELECT ${conversationId}::uuid, seq, 1, id, 'image' FROM chosen RETURNING file_id`;
    if (!row) throw new Error("there are no messages");
    return row.file_id;
  }

  /**
   * Makes groups, each of `fixed` and three of the `crowd`, with messages. Names and members follow
   * from a counter, so that a run can be repeated.
   */
  async groups(count: number, fixed: number[], crowd: number[], messages: number): Promise<void> {
    const first = crowd[0];
    if (first === undefined) throw new Error("nobody is in the crowd");
    await this.sql.begin(async (sql) => {
      await sql`CREATE TEMP TABLE made ON COMMIT DROP AS
        SELECT gen_random_uuid() AS id, n FROM generate_series(1, ${count}::integer) AS n`;
      await sql`INSERT INTO conversations (
          id, is_group, owner_id, participant_count, last_seq, last_version, oldest_at, updated_at
        )
        SELECT id, true, ${first}, ${fixed.length + 3}, ${messages}, ${messages}, now(), now() - n * interval '1 second'
        FROM made`;
      await sql`INSERT INTO participants (conversation_id, user_id)
        SELECT id, u FROM made, unnest(${fixed}::integer[]) AS u
        UNION ALL
        SELECT id, (${crowd}::integer[])[1 + (n * 7 + k) % ${crowd.length}::integer] FROM made, generate_series(0, 2) AS k`;
      await sql`INSERT INTO messages (
          conversation_id, seq, version, id, sender_id, sender_name, sender_email, content, created_at
        )
        SELECT made.id, seq, seq, gen_random_uuid(), ${first}, 'Crowd Number', 'crowd@example.com',
          'Message number ' || seq || ', about as long as people write them in a chat.', now()
        FROM made, generate_series(1, ${messages}::integer) AS seq`;
    });
  }

  /** Does the work of autovacuum at once: PostgreSQL then chooses its plans anew. */
  async analyze(): Promise<void> {
    await this.sql`VACUUM ANALYZE`;
  }

  /** Writes everything to the disk, so that this does not happen during a measurement. */
  async settle(): Promise<void> {
    await this.sql`CHECKPOINT`;
  }
}
