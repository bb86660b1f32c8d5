import { LINE_USERS_MAX, LINES_MAX, type Line, type LineKind, lineKinds } from "../../protocol/lines.ts";
import type { Database } from "../platform/postgres/database.ts";
import { ms, numbersOf } from "../platform/postgres/values.ts";
import type { Head } from "./head.ts";
import { DELETED, type NamesById } from "./names.ts";

/** A line as the database has it. Names are added on the way out. */
export interface StoredLine {
  afterSeq: number;
  version: number;
  at: string;
  kind: LineKind;
  by?: number;
  userIds: number[];
  userCount: number;
  name?: string | null;
  messageSeq?: number;
}

/** The columns of `changes` from which a line is made. */
export interface LineRow {
  version: number;
  last_seq: number;
  kind: string;
  created_ms: number;
  added: string;
  removed: string;
  name: string | null;
  message_seq: number | null;
  payload: Record<string, unknown> | null;
}

/** The kind of the line; undefined: no line shows the change. */
function kindOf({ kind, payload }: LineRow): LineKind | undefined {
  if (payload?.["kind"] === "pin") return payload["on"] === true ? "pinned" : undefined;
  return lineKinds.find((known) => known === kind);
}

export function storedLineOf(row: LineRow): StoredLine | undefined {
  const kind = kindOf(row);
  if (kind === undefined) return undefined;
  const { version, last_seq: lastSeq, name, message_seq: messageSeq, payload } = row;
  const [added, removed] = [numbersOf(row.added), numbersOf(row.removed)];
  return storedLine(kind, new Date(row.created_ms), { version, lastSeq, added, removed, name, messageSeq, payload });
}

/** The parts of a change that its line shows. */
interface LineParts {
  version: number;
  lastSeq: number;
  added: number[];
  removed: number[];
  name: string | null;
  messageSeq?: number | null;
  payload: Record<string, unknown> | null;
}

export function storedLine(kind: LineKind, at: Date, change: LineParts): StoredLine {
  const { version, lastSeq, name, messageSeq, payload } = change;
  const users = usersOf(kind, change);
  const line: StoredLine = {
    afterSeq: lastSeq,
    version,
    at: at.toISOString(),
    kind,
    userIds: users.slice(0, LINE_USERS_MAX),
    userCount: users.length,
  };
  const by = idIn(payload, kind === "pinned" ? "user_id" : "by");
  if (by !== undefined) line.by = by;
  if (kind === "renamed") line.name = name;
  if (kind === "pinned" && messageSeq != null) line.messageSeq = messageSeq;
  return line;
}

/** The people whom a line of this kind is about. */
function usersOf(kind: LineKind, { added, removed, payload }: LineParts): number[] {
  if (kind === "members_added") return added;
  if (kind === "members_removed") return removed;
  const owner = kind === "owner_changed" ? idIn(payload, "owner") : undefined;
  return owner === undefined ? [] : [owner];
}

const idIn = (payload: LineParts["payload"], key: string) => {
  const id = payload?.[key];
  return typeof id === "number" ? id : undefined;
};

/** The people whose names these lines show. */
export function peopleInLines(lines: readonly StoredLine[]): Set<number> {
  return new Set(lines.flatMap(({ by, userIds }) => (by === undefined ? userIds : [by, ...userIds])));
}

export function lineOf(stored: StoredLine, names: NamesById): Line {
  const { by, userIds } = stored;
  const nameOf = (id: number) => (names.get(id) ?? DELETED).name;
  return {
    after_seq: stored.afterSeq,
    version: stored.version,
    at: stored.at,
    kind: stored.kind,
    ...(by === undefined ? {} : { user_id: by, user_name: nameOf(by) }),
    users: userIds.map((id) => ({ id, full_name: nameOf(id) })),
    user_count: stored.userCount,
    ...(stored.name === undefined ? {} : { name: stored.name }),
    ...(stored.messageSeq === undefined ? {} : { message_seq: stored.messageSeq }),
  };
}

/**
 * The lines after the messages from `first` to `last`, as of the head, oldest first. The oldest page also has those before
 * its first message. So each line is in one page.
 */
export async function readLines(
  db: Pick<Database, "query">,
  conversationId: string,
  head: Head,
  first: number,
  last: number,
): Promise<{ lines: StoredLine[]; isCut: boolean }> {
  // Without changes, versions and messages count alike.
  if (head.lastVersion === head.lastSeq) return { lines: [], isCut: false };
  const rows = await db.query<LineRow>(LINES, [conversationId, first, last, head.lastVersion, LINES_MAX + 1]);
  const isCut = rows.length > LINES_MAX;
  const lines = rows.slice(0, LINES_MAX).flatMap((row) => storedLineOf(row) ?? []);
  return { lines: lines.reverse(), isCut };
}

/** The index `changes_lines` has the rows of lines alone. MUST be its condition to the letter. */
const IS_LINE = "(c.message_seq IS NULL OR (c.payload ->> 'kind') = 'pin')";

const LINES = `WITH span AS MATERIALIZED (
    SELECT CASE WHEN $2::bigint <= o.pruned_seq + 1 THEN o.pruned_version ELSE (
        SELECT version FROM messages WHERE conversation_id = o.id AND seq = $2
      ) END AS after,
      least($4::bigint, (SELECT version - 1 FROM messages WHERE conversation_id = o.id AND seq = $3::bigint + 1)) AS last
    FROM conversations o WHERE o.id = $1
  )
  SELECT l.* FROM span CROSS JOIN LATERAL (
    SELECT c.version, c.last_seq, coalesce(c.kind, CASE
        WHEN c.added <> '{}' THEN 'members_added'
        WHEN c.removed <> '{}' THEN 'members_removed'
        ELSE 'renamed'
      END) AS kind, ${ms("c.created_at")} AS created_ms, c.added::text, c.removed::text, c.name, c.message_seq, c.payload
    FROM changes c
    WHERE c.conversation_id = $1 AND c.version > span.after AND c.version <= span.last AND ${IS_LINE}
      AND (c.payload ->> 'on') IS DISTINCT FROM 'false'
    ORDER BY c.version DESC LIMIT $5 OFFSET 0
  ) l ORDER BY l.version DESC`;
