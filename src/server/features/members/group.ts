import { sql } from "drizzle-orm";
import { type ConversationKind, PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import type { User } from "../../../protocol/users.ts";
import { type UserRow, userOfRow } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { iso } from "../../platform/postgres/values.ts";

/** A conversation as the store has it: nothing in it depends on the viewer. */
export interface ConversationRecord {
  id: string;
  kind: ConversationKind;
  name: string | null;
  isGroup: boolean;
  ownerId: number | null;
  /** Only of groups. */
  picture: string | null;
  /** The first 50 members, in the order of joining. */
  participants: User[];
  participantCount: number;
  createdAt: string;
  updatedAt: string;
}

/** A conversation as `confab_group` (group.sql) gives it. */
export interface GroupRow {
  id: string;
  name: string | null;
  is_group: boolean;
  owner_id: number | null;
  picture: string | null;
  participant_count: number;
  created_ms: number;
  updated_ms: number;
  participants: UserRow[];
}

export const recordOf = (row: GroupRow): ConversationRecord => ({
  id: row.id,
  kind: row.is_group ? "group" : "direct",
  name: row.name,
  isGroup: row.is_group,
  ownerId: row.owner_id,
  picture: row.picture,
  participants: row.participants.map(userOfRow),
  participantCount: row.participant_count,
  createdAt: iso(row.created_ms),
  updatedAt: iso(row.updated_ms),
});

interface Found {
  found: GroupRow | null;
}

/** `undefined`: there is no such conversation. */
export async function readRecord(db: Pick<Database, "query">, id: string): Promise<ConversationRecord | undefined> {
  const [row] = await db.query<Found>("SELECT confab_group($1, $2) AS found", [id, PARTICIPANTS_SHOWN]);
  return row?.found ? recordOf(row.found) : undefined;
}

/** The same for a conversation that the transaction has made or found. */
export async function recordIn(tx: Transaction, id: string): Promise<ConversationRecord> {
  const [row] = await rowsOf<Found>(tx, sql`SELECT confab_group(${id}, ${PARTICIPANTS_SHOWN}) AS found`);
  if (!row?.found) throw new Error(`the conversation ${id} is gone`);
  return recordOf(row.found);
}
