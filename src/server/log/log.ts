import type { User } from "../../protocol/users.ts";
import { Failure } from "../base/failure.ts";
import { SharedReads } from "../base/shared-reads.ts";
import type { Database } from "../platform/postgres/database.ts";
import { users } from "../platform/postgres/schema.ts";
import { AMENDED, type AmendRow, amendedOf } from "./amend.ts";
import type { Change } from "./changes.ts";
import { GroupCommit } from "./group-commit.ts";
import type { Appended, Draft, Head, MessageLog, PageQuery } from "./ports.ts";
import { prune } from "./prune.ts";
import {
  EPOCH,
  hasMessage,
  isOneOf,
  MESSAGE_COLUMNS,
  type MessageRow,
  messageOf,
  numbersOf,
  userOf,
  uuidsOf,
} from "./rows.ts";

/** Whether two tags of one version show two histories; one that is not known shows nothing. */
const differs = (a: string | null | undefined, b: string | null | undefined) => a != null && b != null && a !== b;

export class PostgresLog implements MessageLog {
  private readonly commits: GroupCommit;
  private readonly headReads = new SharedReads<string, Head>(String, (ids) => this.heads(ids));

  constructor(private readonly db: Database) {
    this.commits = new GroupCommit(db.log);
  }

  append(draft: Draft): Promise<Appended> {
    return this.commits.append(draft);
  }

  drain() {
    return this.commits.drain();
  }

  async amend(conversationId: string, userId: number, messageId: string, content: string | null) {
    const [row] = await this.db.write<AmendRow>(AMEND, [conversationId, userId, messageId, content]);
    return amendedOf(row, conversationId);
  }

  async page(conversationId: string, { limit, offset = 0, beforeSeq, afterSeq }: PageQuery) {
    // `seq` is dense, so counting back from the newest is arithmetic.
    const range =
      afterSeq !== undefined
        ? "m.seq > greatest($2::bigint, c.pruned_seq) AND m.seq <= greatest($2::bigint, c.pruned_seq) + $3"
        : beforeSeq !== undefined
          ? "m.seq < least($2, c.last_seq + 1) AND m.seq >= least($2, c.last_seq + 1) - $3"
          : "m.seq <= c.last_seq - $2 AND m.seq > c.last_seq - $2 - $3";
    const rows = await this.db.query<Partial<MessageRow> & Head>(
      `SELECT ${HEAD}, c.tag, ${MESSAGE_COLUMNS}
       FROM (SELECT *, confab_tag(id, last_version) AS tag FROM conversations WHERE id = $1 OFFSET 0) c
       LEFT JOIN messages m ON m.conversation_id = c.id AND ${range}
       ORDER BY m.seq`,
      [conversationId, afterSeq ?? beforeSeq ?? offset, limit],
    );
    const [first] = rows;
    if (!first) throw new Failure("conversation_not_found");
    const { lastSeq, lastVersion, tag, prunedSeq, participantCount, epoch } = first;
    const head: Head = { lastSeq, lastVersion, tag, prunedSeq, participantCount, epoch };
    return { messages: rows.flatMap((row) => (hasMessage(row) ? messageOf(row) : [])), head };
  }

  head(conversationId: string) {
    return this.headReads.get(conversationId);
  }

  async heads(conversationIds: string[]) {
    const rows = await this.db.query<Head & { id: string }>(
      `SELECT c.id, ${HEAD}, confab_tag(c.id, c.last_version) AS tag FROM conversations c WHERE c.id = ANY ($1::uuid[])`,
      [conversationIds],
    );
    return new Map(rows.map(({ id, ...head }) => [id, head]));
  }

  async places(asked: { conversationId: string; from: number; to: number }[]) {
    const rows = await this.db.query<Head & { id: string; prunedVersion: number; tags: string }>(PLACES, [
      asked.map(({ conversationId }) => conversationId),
      asked.map(({ from }) => from),
      asked.map(({ to }) => to),
    ]);
    return new Map(
      rows.map(({ id, prunedVersion, tags, ...head }) => [id, { head, prunedVersion, tags: uuidsOf(tags) }] as const),
    );
  }

  async changes(...[conversationId, after, upTo, limit, tag]: Parameters<MessageLog["changes"]>) {
    const last = Math.min(upTo, after + limit);
    const [start, ...rows] = await this.db.query<ChangeRow>(CHANGES, [conversationId, after, last]);
    if (differs(tag, start?.at_tag)) return "other_history";
    const people = await this.people(rows.flatMap((row) => numbersOf(row.added)));
    const found: Change[] = [];
    for (const row of rows) {
      const change = changeOf(row, conversationId, people);
      // A message that was changed and has been pruned since, or a number that is missing.
      if (!change || change.version !== after + found.length + 1) return "gone";
      found.push(change);
    }
    return found.length === last - after ? found : "gone";
  }

  private async people(ids: number[]): Promise<Map<number, User>> {
    if (ids.length === 0) return new Map();
    const rows = await this.db.read((orm) => orm.select().from(users).where(isOneOf(users.id, ids)));
    return new Map(rows.map((row) => [row.id, userOf(row)]));
  }

  prune(olderThanMs: number, onPruned: (conversationId: string, prunedSeq: number) => void = () => {}) {
    return prune(this.db, olderThanMs, onPruned);
  }
}

const AMEND = `${AMENDED} FROM confab_edit($1, $2, $3, $4) a CROSS JOIN LATERAL (SELECT (a.message).*) m`;

/** A head but for its tag, for the select list of a statement that reads `conversations c`. */
const HEAD = `c.last_seq AS "lastSeq", c.last_version AS "lastVersion", c.pruned_seq AS "prunedSeq",
  c.participant_count AS "participantCount", ${EPOCH} AS epoch`;

const PLACES = `SELECT c.id, ${HEAD}, confab_tag(c.id, c.last_version) AS tag, c.pruned_version AS "prunedVersion",
    ARRAY(SELECT confab_tag(c.id, v) FROM generate_series(asked.first, asked.last) v ORDER BY v)::text AS tags
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS asked (id, first, last)
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.id OFFSET 0) c`;

type ChangeRow = Partial<MessageRow> & {
  at_version: number;
  at_tag: string | null;
  at_seq: number;
  /** `start`: the change at the version after which is asked, of which only the tag is read. */
  kind: "start" | "message" | "message_changed" | "participants";
  /** Arrays as text, which both drivers read alike. */
  added: string;
  removed: string;
  name: string | null;
};

/**
 * The change at $2, whatever it is, and those with $2 < version <= $3. Between two rows of `changes` every version is a message, so the seq of the
 * message at a version follows from the nearest such row before it, or from where retention has cut. OFFSET 0 keeps
 * the planner from making joins of the look-ups: they read a whole conversation where its index has the few that count.
 */
const CHANGES = `WITH base AS MATERIALIZED (
    SELECT coalesce(
      (SELECT last_seq + ($2 - version) FROM changes
       WHERE conversation_id = $1 AND version <= $2 ORDER BY version DESC LIMIT 1),
      (SELECT pruned_seq + ($2 - pruned_version) FROM conversations WHERE id = $1)
    ) AS seq
  )
  SELECT $2::bigint AS at_version, confab_tag($1, $2) AS at_tag, base.seq AS at_seq, 'start' AS kind,
    '{}' AS added, '{}' AS removed, NULL::text AS name, ${MESSAGE_COLUMNS}
  FROM base LEFT JOIN messages m ON false
  UNION ALL
  SELECT m.version AS at_version, m.id AS at_tag, m.seq AS at_seq, 'message' AS kind, '{}' AS added, '{}' AS removed, NULL::text AS name, ${MESSAGE_COLUMNS}
  FROM base CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = $1 AND seq > base.seq AND seq <= base.seq + ($3 - $2) OFFSET 0
  ) m
  WHERE m.version <= $3
  UNION ALL
  SELECT c.version, confab_change_tag(c.tag, c.conversation_id, c.version, c.created_at), c.last_seq, CASE WHEN c.message_seq IS NULL THEN 'participants' ELSE 'message_changed' END,
    c.added::text, c.removed::text, c.name, ${MESSAGE_COLUMNS}
  FROM changes c LEFT JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = c.conversation_id AND seq = c.message_seq OFFSET 0
  ) m ON true
  WHERE c.conversation_id = $1 AND c.version > $2 AND c.version <= $3
  ORDER BY at_version`;

function changeOf(row: ChangeRow, conversationId: string, people: Map<number, User>): Change | undefined {
  if (row.at_tag === null) return undefined;
  const at = { conversationId, version: row.at_version, tag: row.at_tag, lastSeq: row.at_seq };
  if (row.kind === "participants") {
    const added = numbersOf(row.added).flatMap((id) => people.get(id) ?? []);
    return { ...at, kind: "participants", added, removed: numbersOf(row.removed), name: row.name };
  }
  if (row.kind === "start" || !hasMessage(row)) return undefined;
  return { ...at, kind: row.kind, message: messageOf(row) };
}
