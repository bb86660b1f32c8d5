import { type ChangeKind, changeKinds, isChangeKind } from "../../protocol/changes.ts";
import { messageChange } from "../../protocol/message-changes.ts";
import type { User } from "../../protocol/users.ts";
import { ms, numbersOf } from "../platform/postgres/values.ts";
import type { Change, Contents, KnownChange, Step } from "./changes.ts";
import { lineOf, peopleInLines, type StoredLine, storedLineOf } from "./lines.ts";
import { namesOf } from "./names.ts";
import { hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf } from "./rows.ts";

/** One row of the statement CHANGES. */
export type ChangeRow = Partial<MessageRow> & {
  at_version: number;
  at_tag: string | null;
  at_seq: number;
  /** A kind of change, or `start` for the change at $2. Only the tag of a `start` row is read. */
  kind: string;
  /** Arrays as text, because both drivers read a text alike. */
  added: string;
  removed: string;
  name: string | null;
  payload: Record<string, unknown> | null;
  at_ms: number;
  /** In RUNS: the next row is a mark on the same message, and has the message. */
  continued: boolean;
};

/**
 * The change at $2, and those with $2 < version <= $3. Every version between two rows of `changes` is a message. Its seq
 * follows from the nearest such row before it, or from where retention has cut.
 *
 * A row of release 1 has no kind. Its kind follows from the other columns.
 *
 * OFFSET 0 keeps the planner from turning the look-ups into joins. A join would read a whole conversation, although an index
 * has the few rows that count.
 */
const statement = (continued: string) => `WITH base AS MATERIALIZED (
    SELECT coalesce(
      (SELECT last_seq + ($2 - version) FROM changes
       WHERE conversation_id = $1 AND version <= $2 ORDER BY version DESC LIMIT 1),
      (SELECT pruned_seq + ($2 - pruned_version) FROM conversations WHERE id = $1)
    ) AS seq
  )
  SELECT $2::bigint AS at_version, confab_tag($1, $2) AS at_tag, base.seq AS at_seq, 'start' AS kind,
    '{}' AS added, '{}' AS removed, NULL::text AS name, NULL::jsonb AS payload, 0::double precision AS at_ms, false AS continued,
    ${MESSAGE_COLUMNS}
  FROM base LEFT JOIN messages m ON false
  UNION ALL
  SELECT m.version AS at_version, m.id AS at_tag, m.seq AS at_seq, 'message' AS kind,
    '{}' AS added, '{}' AS removed, NULL::text AS name, NULL::jsonb AS payload, 0::double precision AS at_ms, false AS continued,
    ${MESSAGE_COLUMNS}
  FROM base CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = $1 AND seq > base.seq AND seq <= base.seq + ($3 - $2) OFFSET 0
  ) m
  WHERE m.version <= $3
  UNION ALL
  SELECT c.version, confab_change_tag(c.tag, c.conversation_id, c.version, c.created_at), c.last_seq, coalesce(c.kind, CASE
      WHEN c.message_seq IS NOT NULL AND m.deleted_at IS NULL THEN 'message_edited'
      WHEN c.message_seq IS NOT NULL THEN 'message_deleted'
      WHEN c.added <> '{}' THEN 'members_added'
      WHEN c.removed <> '{}' THEN 'members_removed'
      ELSE 'renamed'
    END), c.added::text, c.removed::text, c.name, c.payload, ${ms("c.created_at")}, c.continued,
    ${MESSAGE_COLUMNS}
  FROM (
    SELECT *, ${continued} AS continued FROM changes
    WHERE conversation_id = $1 AND version > $2 AND version <= $3 WINDOW after AS (ORDER BY version) OFFSET 0
  ) c LEFT JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = c.conversation_id AND seq = c.message_seq AND NOT c.continued OFFSET 0
  ) m ON true
  ORDER BY at_version`;

export const CHANGES = statement("false");

/** The same for readers who merge runs of marks: only the last row of a run has the message. */
export const RUNS = statement(`coalesce(payload IS NOT NULL AND lead(payload IS NOT NULL) OVER after
  AND lead(version) OVER after = version + 1 AND lead(message_seq) OVER after = message_seq, false)`);

/**
 * `undefined` when the row is no whole change, as when retention has removed its message.
 * @param people the users in the rows (peopleInRow)
 */
export function changeOf(
  row: ChangeRow,
  conversationId: string,
  people: ReadonlyMap<number, User>,
): Change | undefined {
  if (row.at_tag === null) return undefined;
  const step = { conversationId, version: row.at_version, tag: row.at_tag, lastSeq: row.at_seq };
  const { kind } = row;
  return isChangeKind(kind) ? knownChange(kind, step, row, people) : { ...step, kind: "unknown", name: kind };
}

function knownChange<K extends ChangeKind>(
  kind: K,
  step: Step,
  row: ChangeRow,
  people: ReadonlyMap<number, User>,
): KnownChange<K> | undefined {
  const contents = CONTENTS[changeKinds[kind]](row, people);
  return contents && Object.assign({ kind }, step, contents);
}

const messageIn = (row: ChangeRow) => (hasMessage(row) ? { message: messageOf(row) } : undefined);

/** How the parts that a frame shows are read, by the frame's type. */
const CONTENTS: {
  [F in keyof Contents]: (row: ChangeRow, people: ReadonlyMap<number, User>) => Contents[F] | undefined;
} = {
  message: messageIn,
  message_changed: (row) => {
    const contents = messageIn(row);
    const change = messageChange.safeParse(row.payload);
    return contents && change.success ? { ...contents, change: change.data } : contents;
  },
  participants: (row, people) => {
    const { added, removed, name, payload } = row;
    const stored = lineIn(row);
    const picture = payload?.["picture"];
    return {
      added: numbersOf(added).flatMap((id) => people.get(id) ?? []),
      removed: numbersOf(removed),
      name,
      ...(typeof picture === "string" || picture === null ? { picture } : {}),
      ...(stored ? { line: lineOf(stored, namesOf([...people.values()])) } : {}),
    };
  },
};

/** The line of a change of the group. */
const lineIn = (row: ChangeRow): StoredLine | undefined =>
  storedLineOf({ ...row, version: row.at_version, last_seq: row.at_seq, created_ms: row.at_ms, message_seq: null });

/** The users whom a change has added, and those whom its line names. */
export function peopleInRow(row: ChangeRow): number[] {
  if (!isChangeKind(row.kind) || changeKinds[row.kind] !== "participants") return [];
  const line = lineIn(row);
  return [...numbersOf(row.added), ...(line ? peopleInLines([line]) : [])];
}
