import type { AdminConversation, AdminUser } from "../../../protocol/admin.ts";
import type { ConversationKind } from "../../../protocol/conversations.ts";
import { KIND, MEMBERS } from "../../log/head.ts";
import { USER_COLUMNS, type UserRow, userOf, userOfRow } from "../../log/rows.ts";
import type { users } from "../../platform/postgres/schema.ts";
import { iso, ms } from "../../platform/postgres/values.ts";

export const adminUserOf = (row: typeof users.$inferSelect): AdminUser => ({
  ...userOf(row),
  is_active: row.isActive,
  is_superuser: row.isSuperuser,
});

/** A user's columns as the hand-written statements select them. */
export type AdminUserRow = UserRow & { is_superuser: boolean };

/** The same columns, for the select list of a statement that reads `users u`. */
export const ADMIN_USER_COLUMNS = `${USER_COLUMNS}, u.is_superuser`;

/** Whether an outer join has found a user. */
export const isUser = (row: Partial<AdminUserRow>): row is AdminUserRow => row.user_id != null;

export const adminUserOfRow = (row: AdminUserRow): AdminUser => ({
  ...userOfRow(row),
  is_active: row.is_active,
  is_superuser: row.is_superuser,
});

/** A conversation's columns as the hand-written statements select them. */
export interface ConversationRow {
  id: string;
  name: string | null;
  is_group: boolean;
  owner_id: number | null;
  participant_count: number;
  kind: ConversationKind;
  last_seq: number;
  last_version: number;
  pruned_seq: number;
  begun_ms: number;
  updated_ms: number;
}

/** The same columns, for the select list of a statement that reads `conversations c`. */
export const CONVERSATION_COLUMNS = `c.id, c.name, c.is_group, ${KIND} AS kind, c.owner_id, ${MEMBERS} AS participant_count, c.last_seq, c.last_version, c.pruned_seq,
  ${ms("c.created_at")} AS begun_ms, ${ms("c.updated_at")} AS updated_ms`;

/** Whether an outer join has found a conversation. */
export const isConversation = (row: Partial<ConversationRow>): row is ConversationRow => row.id != null;

export const conversationOf = (row: ConversationRow, participants: AdminUser[]): AdminConversation => ({
  id: row.id,
  name: row.name,
  is_group: row.is_group,
  kind: row.kind,
  owner_id: row.owner_id,
  participants,
  participant_count: row.participant_count,
  message_count: row.last_seq - row.pruned_seq,
  last_seq: row.last_seq,
  last_version: row.last_version,
  created_at: iso(row.begun_ms),
  updated_at: iso(row.updated_ms),
});
