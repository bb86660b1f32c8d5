import { chunks, pieces } from "../../base/pieces.ts";
import type { Database } from "../../platform/postgres/database.ts";

/**
 * The users among `ids` who share a conversation with the user; the user themselves may be among them. It reads the
 * user's own conversations, so an id that does not exist costs as much as the id of a stranger.
 */
export async function acquaintances(db: Database, userId: number, ids: readonly number[]): Promise<Set<number>> {
  const found = new Set<number>();
  if (ids.length === 0) return found;
  const own = await db.bulk<{ id: string; members: number }>(OWN, [userId]);
  for (const asked of chunks(ids, db.pieceRows)) {
    // All members of a small conversation are read, and only the ids asked for in a large one.
    const [small, large] = [
      own.filter((one) => one.members <= asked.length),
      own.filter((one) => one.members > asked.length),
    ];
    const atOnce = large.map(({ id }) => ({ id, members: asked.length }));
    for (const [statement, all] of [
      [MEMBERS, small],
      [ASKED, atOnce],
    ] as const)
      for (const some of pieces(all, db.pieceRows)) {
        const rows = await db.bulk<{ id: number }>(statement, [some.map(({ id }) => id), asked]);
        for (const { id } of rows) found.add(id);
      }
  }
  return found;
}

const OWN = `SELECT c.id, c.participant_count AS members
  FROM (SELECT conversation_id FROM participants WHERE user_id = $1 OFFSET 0) mine
  CROSS JOIN LATERAL (
    SELECT id, participant_count FROM conversations WHERE id = mine.conversation_id AND parent_id IS NULL OFFSET 0
  ) c`;

/** The people among $2 who are members of the conversations $1. */
const MEMBERS = `SELECT DISTINCT place.user_id AS id FROM unnest($1::uuid[]) AS one (id) CROSS JOIN LATERAL (
    SELECT user_id FROM participants WHERE conversation_id = one.id OFFSET 0
  ) place WHERE place.user_id = ANY ($2::integer[])`;

/** The same for fewer people than members: each person is looked up in each conversation. */
const ASKED = `SELECT DISTINCT asked.id FROM unnest($1::uuid[]) AS one (id) CROSS JOIN unnest($2::integer[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT FROM participants WHERE conversation_id = one.id AND user_id = asked.id OFFSET 0) place`;
