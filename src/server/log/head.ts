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
  /** Of a thread: the members of its parent. */
  participantCount: number;
  /** The conversation that this thread belongs to. Null: it is no thread. */
  parentId: string | null;
  /** The epoch of the database, read in the same statement. */
  epoch: string;
}

/** How many people can read a conversation `c`. A thread has the members of its parent. */
export const PEOPLE = `CASE WHEN c.parent_id IS NULL THEN c.participant_count
  ELSE (SELECT parent.participant_count FROM conversations parent WHERE parent.id = c.parent_id) END`;

/** The kind of a conversation `c`, as the wire says it. */
export const KIND = `CASE WHEN c.parent_id IS NOT NULL THEN 'thread' WHEN c.is_group THEN 'group' ELSE 'direct' END`;

/** The members of a conversation `c`. Those of a thread are the people who follow it, and they are counted. */
export const MEMBERS = `CASE WHEN c.parent_id IS NULL THEN c.participant_count ELSE (
    SELECT count(*)::integer FROM participants follower WHERE follower.conversation_id = c.id AND follower.is_following
  ) END`;

/** A head without its tag, for the select list of a statement that reads `conversations c`. */
export const HEAD = `c.last_seq AS "lastSeq", c.last_version AS "lastVersion", c.pruned_seq AS "prunedSeq",
  ${PEOPLE} AS "participantCount", c.parent_id AS "parentId", ${EPOCH} AS epoch`;

/**
 * The tag of the newest change of a conversation `c`, as `confab_tag` gives it: a row of `changes`, or else the newest
 * message. That function finds the tag of any version, and takes seven times as long.
 */
export const HEAD_TAG = `coalesce(
    (SELECT confab_change_tag(h.tag, h.conversation_id, h.version, h.created_at) FROM changes h
     WHERE h.conversation_id = c.id AND h.version = c.last_version),
    (SELECT newest.id FROM messages newest
     WHERE newest.conversation_id = c.id AND newest.seq = c.last_seq AND newest.version = c.last_version)
  )`;
