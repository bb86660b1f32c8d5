import { and, eq, sql } from "drizzle-orm";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import { rights } from "../../../protocol/rights.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import type { Change, KnownChange } from "../../log/changes.ts";
import { lineOf, peopleInLines, storedLine } from "../../log/lines.ts";
import { namesOf } from "../../log/names.ts";
import { type UserRow, userOfRow } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { conversations, participants, removals, users } from "../../platform/postgres/schema.ts";
import { arrayParam } from "../../platform/postgres/values.ts";
import { roleIn } from "../../rights/may.ts";
import {
  ASKING,
  type AskedRow,
  askedOf,
  type EndedRequest,
  type EndedRow,
  endedOf,
  tooManyRequests,
} from "../requests/statements.ts";
import type { Alteration, AlterOutcome } from "./alteration.ts";
import { type GroupRow, recordOf } from "./group.ts";

type ConversationRow = typeof conversations.$inferSelect;

/** A row of `changes` as `confab_record_group` (record.sql) gives it. */
interface RecordedRow {
  version: number;
  last_seq: number;
  tag: string;
  created_ms: number;
  kind: "members_added" | "members_removed" | "renamed" | "picture_changed" | "owner_changed";
  added: number[];
  removed: number[];
  name: string | null;
  payload: Record<string, unknown>;
}

/** The answer of `confab_alter_group` (alter.sql). */
type AlterRow =
  | {
      outcome: "done";
      change: RecordedRow | null;
      owner?: number | null;
      dropped: string | null;
      asked: AskedRow[];
      ended: EndedRow[];
      people: UserRow[];
      conversation: GroupRow;
    }
  | { outcome: "hidden"; last_seq: number }
  | { outcome: "look" | "full" }
  | { outcome: "only_owner"; people: UserRow[]; count: number }
  | { outcome: "throttled"; free_in_ms: number }
  | {
      outcome:
        | "conversation_not_found"
        | "is_a_thread"
        | "not_a_group"
        | "not_the_owner"
        | "participant_not_found"
        | "request_not_found"
        | "removed_from_group";
    };

/** Locks a conversation's row. MUST come before anything that numbers a change; rows are locked in id order. */
export async function lockConversation(tx: Transaction, conversationId: string): Promise<ConversationRow> {
  const [row] = await tx.select().from(conversations).where(eq(conversations.id, conversationId)).for("no key update");
  if (!row) throw new Failure("conversation_not_found");
  return row;
}

/** Changes the members of a group, its name or its picture: one change of its log, or none when nothing differs. */
export async function alter(
  db: Pick<Database, "write">,
  conversationId: string,
  actorId: number,
  alteration: Alteration,
): Promise<AlterOutcome> {
  const [row] = await db.write<{ altered: AlterRow }>(ALTER, [
    conversationId,
    actorId,
    JSON.stringify(wishOf(alteration)),
    JSON.stringify(rights),
    JSON.stringify({
      ...ASKING,
      ids: alteration.kind === "add" ? alteration.userIds.map(() => Bun.randomUUIDv7()) : [],
    }),
    PARTICIPANTS_SHOWN,
  ]);
  if (!row) throw new Error("confab_alter_group gave no answer");
  return outcomeOf(conversationId, row.altered, alteration);
}

const ALTER = "SELECT confab_alter_group($1, $2, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb, $6) AS altered";

/** The wish as `confab_alter_group` takes it. */
function wishOf(alteration: Alteration) {
  const { kind } = alteration;
  switch (kind) {
    case "rename":
      return { kind, value: alteration.name };
    case "picture":
      return { kind, value: alteration.picture };
    case "add": {
      const { userIds: users, toAsk, max, by } = alteration;
      return { kind, users, max, to_ask: toAsk ? [...toAsk] : null, by };
    }
    case "remove":
      return { kind, users: [alteration.userId] };
    case "accept":
      return { kind, users: [alteration.userId], request: alteration.requestId, max: alteration.max };
  }
}

function outcomeOf(conversationId: string, row: AlterRow, alteration: Alteration): AlterOutcome {
  switch (row.outcome) {
    case "done": {
      const { change, owner, dropped, asked, ended, people, conversation } = row;
      return {
        kind: "done",
        change: change ? changeOf(conversationId, change, people, owner) : undefined,
        asked: askedOf(asked),
        ended: endedOf(ended),
        conversation: recordOf(conversation),
        ...(dropped !== null && { dropped }),
      };
    }
    case "hidden":
      return { kind: "hidden", lastSeq: row.last_seq };
    case "look":
      return { kind: "look" };
    case "full":
      throw invalidField(
        "user_ids",
        `A conversation can have at most ${"max" in alteration ? alteration.max : 0} participants.`,
      );
    case "only_owner":
      throw onlyTheOwner(row.people, row.count);
    case "throttled":
      throw tooManyRequests(row.free_in_ms);
    default:
      throw new Failure(row.outcome);
  }
}

function onlyTheOwner(removed: readonly UserRow[], count: number): Failure {
  const names = removed.map((person) => userOfRow(person).full_name).join(", ");
  return invalidField(
    "user_ids",
    `Only the owner of this group can add ${names}${count > removed.length ? ", …" : ""}: the owner has removed them.`,
  );
}

/** @param people those whom the change names, at least. @param ownerId the new owner, where it has changed */
function changeOf(
  conversationId: string,
  { version, last_seq: lastSeq, tag, created_ms, kind, added, removed, name, payload }: RecordedRow,
  people: readonly UserRow[],
  ownerId?: number | null,
): Change {
  const line = storedLine(kind, new Date(created_ms), { version, lastSeq, added, removed, name, payload });
  const known = new Map(people.map((person) => [person.user_id, userOfRow(person)]));
  const { picture } = payload;
  const change: KnownChange<typeof kind> = {
    kind,
    conversationId,
    version,
    tag,
    lastSeq,
    added: added.flatMap((id) => known.get(id) ?? []),
    removed,
    name,
    ...(typeof picture === "string" || picture === null ? { picture } : {}),
    line: lineOf(line, namesOf([...known.values()])),
  };
  return ownerId === undefined ? change : { ...change, ownerId };
}

/**
 * Adds a person who comes into a locked group by an invite, and ends the requests to them. No change when the person is
 * a member already.
 * @param admit is called first. It rejects when the person may not come in
 */
export async function comeIn(
  tx: Transaction,
  conversation: ConversationRow,
  userId: number,
  max: number,
  admit: () => Promise<void>,
): Promise<{ change: Change | undefined; ended: EndedRequest[] }> {
  const { id, participantCount } = conversation;
  if (await roleIn(tx, conversation, userId)) return { change: undefined, ended: [] };
  const own = and(eq(removals.conversationId, id), eq(removals.userId, userId));
  const [removal] = await tx.select().from(removals).where(own);
  if (removal && removal.removedBy !== userId) throw new Failure("removed_from_group");
  await admit();
  if (participantCount >= max) throw new Failure("group_full");
  const ids = arrayParam([userId]);
  const [joined] = await rowsOf<{ ended: EndedRow[] }>(
    tx,
    sql`SELECT confab_join_group(${id}, ${ids}::integer[]) AS ended`,
  );
  return { change: await record(tx, id, { added: [userId], by: userId }), ended: endedOf(joined?.ended ?? []) };
}

/** Gives a group whose owner is deactivated to its longest-standing active member. No change when the owner is active. */
export async function passOn(tx: Transaction, conversationId: string): Promise<{ change: Change | undefined }> {
  const { isGroup, ownerId } = await lockConversation(tx, conversationId);
  if (!isGroup || ownerId === null) return { change: undefined };
  const [owner] = await tx.select({ isActive: users.isActive }).from(users).where(eq(users.id, ownerId));
  if (owner?.isActive !== false) return { change: undefined };
  const [row] = await rowsOf<{ heir: number | null }>(tx, sql`SELECT confab_heir(${conversationId}) AS heir`);
  const heir = row?.heir ?? undefined;
  return { change: heir === undefined ? undefined : await record(tx, conversationId, { owner: heir }) };
}

/** Writes a change of a locked group to its log. */
async function record(
  tx: Transaction,
  conversationId: string,
  { added = [], owner, by }: { added?: number[]; owner?: number; by?: number },
): Promise<Change> {
  const set = JSON.stringify({ owner });
  const [row] = await rowsOf<{ change: RecordedRow }>(
    tx,
    sql`SELECT confab_record_group(${conversationId}, ${arrayParam(added)}::integer[], '{}', ${set}::text::jsonb, ${by ?? null}::integer) AS change`,
  );
  if (!row) throw new Error("confab_record_group gave no answer");
  const { change } = row;
  const { kind, created_ms, last_seq: lastSeq } = change;
  const named = new Set([...added, ...peopleInLines([storedLine(kind, new Date(created_ms), { ...change, lastSeq })])]);
  const [found] = await rowsOf<{ people: UserRow[] }>(
    tx,
    sql`SELECT confab_people(${arrayParam([...named])}::integer[]) AS people`,
  );
  return changeOf(conversationId, change, found?.people ?? [], owner);
}

/**
 * Adds people in the order given, which is the order of joining. It passes one array, because thousands of people would
 * be too many parameters.
 */
export async function insertParticipants(tx: Transaction, conversationId: string, userIds: number[], readSeq: number) {
  await tx.execute(sql`INSERT INTO ${participants} (conversation_id, user_id, read_seq)
    SELECT ${conversationId}, u.id, ${readSeq} FROM unnest(${arrayParam(userIds)}::integer[]) WITH ORDINALITY AS u (id, n)
    ORDER BY u.n`);
}
