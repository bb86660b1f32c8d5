import { EPOCH } from "./rows.ts";

/** Where a conversation stands. */
export interface Head {
  lastSeq: number;
  lastVersion: number;
  /**
   * The tag of the change at `lastVersion`. Null when it is not known: there is no change yet, or retention has removed
   * it.
   */
  tag: string | null;
  prunedSeq: number;
  participantCount: number;
  /** The epoch of the database, read in the same statement. */
  epoch: string;
}

/** A head without its tag, for the select list of a statement that reads `conversations c`. */
export const HEAD = `c.last_seq AS "lastSeq", c.last_version AS "lastVersion", c.pruned_seq AS "prunedSeq",
  c.participant_count AS "participantCount", ${EPOCH} AS epoch`;
