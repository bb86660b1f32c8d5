import { createHash } from "node:crypto";
import type { MessageFields } from "../../protocol/message-fields.ts";
import type { Message } from "../../protocol/messages.ts";
import { fullNameOf } from "../../protocol/names.ts";
import type { User } from "../../protocol/users.ts";
import type { users } from "../platform/postgres/schema.ts";
import { iso, ms } from "../platform/postgres/values.ts";

/** The columns of a message, as the hand-written statements select them. */
export interface MessageRow {
  conversation_id: string;
  id: string;
  seq: number;
  version: number;
  sender_id: number;
  sender_name: string;
  sender_email: string;
  client_id: string | null;
  content: string;
  created_ms: number;
  edited_ms: number | null;
  deleted_ms: number | null;
  fields: MessageFields | null;
}

/** The same columns, for the select list of a statement that reads `messages m`. */
export const MESSAGE_COLUMNS = `m.conversation_id, m.id, m.seq, m.version, m.sender_id, m.sender_name, m.sender_email,
  m.client_id, m.content, ${ms("m.created_at")} AS created_ms, ${ms("m.edited_at")} AS edited_ms,
  ${ms("m.deleted_at")} AS deleted_ms, m.fields`;

/** The epoch, for the select list of any statement. It is read once, whatever the number of rows. */
export const EPOCH = "(SELECT epoch FROM history)";

export function messageOf(row: MessageRow): Message {
  const message: Message = {
    id: row.id,
    conversation_id: row.conversation_id,
    sender_id: row.sender_id,
    sender_name: row.sender_name,
    sender_email: row.sender_email,
    content: row.content,
    timestamp: row.created_ms / 1000,
    created_at: iso(row.created_ms),
    seq: row.seq,
    version: row.version,
  };
  if (row.client_id !== null) message.client_id = row.client_id;
  if (row.edited_ms !== null) message.edited_at = iso(row.edited_ms);
  if (row.deleted_ms !== null) message.deleted_at = iso(row.deleted_ms);
  return row.fields === null ? message : { ...message, ...row.fields };
}

/** Whether an outer join found a message. */
export const hasMessage = <Row extends Partial<MessageRow>>(row: Row): row is Row & MessageRow => row.id != null;

/** A user as everybody may see them, from a row that drizzle has read. */
export function userOf(row: typeof users.$inferSelect): User {
  return {
    id: row.id,
    email: row.email,
    first_name: row.firstName,
    last_name: row.lastName,
    full_name: fullNameOf(row.firstName, row.lastName),
    last_seen: row.lastSeen?.toISOString() ?? null,
    date_joined: row.dateJoined.toISOString(),
    ...pictureOf(row.avatar),
    ...activity(row.isActive),
  };
}

/** Only a user with a picture has the property. */
const pictureOf = (avatar: string | null) => (avatar === null ? {} : { avatar });

/** Only an inactive user has the property. */
const activity = (isActive: boolean) => (isActive ? {} : { is_active: false as const });

/** The columns of a user, as the hand-written statements select them. */
export interface UserRow {
  user_id: number;
  email: string;
  first_name: string;
  last_name: string;
  seen_ms: number | null;
  joined_ms: number;
  is_active: boolean;
  avatar: string | null;
}

/** The same columns, for the select list of a statement that reads `users u`. */
export const USER_COLUMNS = `u.id AS user_id, u.email, u.first_name, u.last_name, ${ms("u.last_seen")} AS seen_ms,
  ${ms("u.date_joined")} AS joined_ms, u.is_active, u.avatar`;

export const userOfRow = (row: UserRow): User => ({
  id: row.user_id,
  email: row.email,
  first_name: row.first_name,
  last_name: row.last_name,
  full_name: fullNameOf(row.first_name, row.last_name),
  last_seen: row.seen_ms === null ? null : iso(row.seen_ms),
  date_joined: iso(row.joined_ms),
  ...pictureOf(row.avatar),
  ...activity(row.is_active),
});

/**
 * Whether the digest in the answer of `confab_append_messages` belongs to this content. The function computes it from
 * the text that it got, and PGlite puts a second U+FEFF before a text that begins with one
 * (platform/pglite/cluster.ts).
 */
export const isDigestOf = (digest: string, content: string) =>
  digest === sha256(content) || (content.startsWith("\ufeff") && digest === sha256(`\ufeff${content}`));

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");
