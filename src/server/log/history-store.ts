import type { Query } from "../platform/postgres/database.ts";

/** A change that this node has acked or delivered. The database must still have it. */
export interface Witness {
  conversationId: string;
  version: number;
  tag: string;
}

/** The database is a replica that is not promoted. Its reads can be old, and it takes no writes. */
class InRecovery extends Error {
  /** PostgreSQL's own code while it starts. */
  readonly code = "57P03";
}

/** The statements about the epoch. */
export class HistoryStore {
  /** @param run runs statements on one database */
  constructor(private readonly run: <T>(work: (query: Query) => Promise<T>) => Promise<T>) {}

  /**
   * The epoch as it is now. `isContradicted`: the database is no longer where it was when the epoch began, or it lacks one
   * of the witnesses. A conversation that retention or an admin has emptied contradicts nothing.
   * @throws Failure `unavailable` when the database is away, or is a replica that is not promoted
   */
  look(witnesses: readonly Witness[]): Promise<{ epoch: string; isContradicted: boolean }> {
    return this.run((query) => look(query, witnesses));
  }

  /** Begins a new epoch, unless another node has already done so. Resolves to the epoch that holds. */
  renew(epoch: string): Promise<string> {
    return this.run(async (query) => {
      const [renewed] = await query<{ epoch: string }>(RENEW, [epoch]);
      // Another node has renewed the epoch. A new statement begins after that commit, and so reads the epoch that
      // holds.
      const [row] = renewed ? [renewed] : await query<{ epoch: string }>("SELECT epoch FROM history", []);
      if (!row) throw new Error(ROW_LOST);
      return row.epoch;
    });
  }
}

async function look(query: Query, witnesses: readonly Witness[]) {
  const [row] = await query<{ epoch: string; isContradicted: boolean; isReplica: boolean }>(LOOK, [
    witnesses.map(({ conversationId }) => conversationId),
    witnesses.map(({ version }) => version),
    witnesses.map(({ tag }) => tag),
  ]);
  if (!row) throw new Error(ROW_LOST);
  if (row.isReplica) throw new InRecovery("PostgreSQL is a replica that is not promoted");
  return { epoch: row.epoch, isContradicted: row.isContradicted };
}

/**
 * A conversation contradicts a witness when its log ends before the witness, or has another change at that version. A
 * missing conversation does too, unless the audit log says that an admin removed it. Changes that retention has removed
 * contradict nothing.
 */
const LOOK = `SELECT h.epoch, here.place IS NULL AS "isReplica",
    coalesce(here.place <> h.place, false) OR EXISTS (
      SELECT FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS w (id, version, tag)
      LEFT JOIN LATERAL (SELECT * FROM conversations WHERE id = w.id OFFSET 0) c ON true
      WHERE CASE
        WHEN c.id IS NULL THEN NOT EXISTS (
          SELECT FROM audit_log a
          WHERE a.target_type = 'conversation' AND a.target_id = w.id::text AND a.action = 'conversation_removed'
        )
        ELSE w.version > c.pruned_version AND confab_tag(w.id, w.version) IS DISTINCT FROM w.tag
      END
    ) AS "isContradicted"
  FROM history h CROSS JOIN (SELECT confab_place() AS place OFFSET 0) here`;

/** When several nodes renew one epoch, only the first one does. */
const RENEW = "UPDATE history SET epoch = gen_random_uuid(), place = confab_place() WHERE epoch = $1 RETURNING epoch";

const ROW_LOST = "The table history has lost its row. Restore a backup, or insert one: place is confab_place().";
