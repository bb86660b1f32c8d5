import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { counter, moment } from "./columns.ts";

/**
 * Only `log/append*.ts` add rows, by the functions in `log/sql`, and only `confab_edit` changes them. There are no foreign keys:
 * each writer checks the member under the conversation's lock, and a key's trigger would double the cost of a message.
 */
export const messages = pgTable(
  "messages",
  {
    conversationId: uuid("conversation_id").notNull(),
    seq: counter("seq").notNull(),
    version: counter("version").notNull(),
    id: uuid().notNull().unique(),
    senderId: integer("sender_id").notNull(),
    senderName: text("sender_name").notNull(),
    senderEmail: text("sender_email").notNull(),
    clientId: text("client_id"),
    content: text().notNull(),
    /** A keyed digest of the first content under `client_id`. Null until an edit or a deletion replaces that content. */
    firstContent: text("first_content"),
    createdAt: moment("created_at").notNull(),
    editedAt: moment("edited_at"),
    deletedAt: moment("deleted_at"),
    /** Optional parts of this message alone, by the keys of `protocol/message-fields.ts`. Null: it has none. */
    fields: jsonb().$type<Record<string, unknown>>(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.seq] }),
    uniqueIndex("messages_client_id")
      .on(table.conversationId, table.senderId, table.clientId)
      .where(sql`client_id is not null`),
  ],
);

/** Every change of a conversation except new messages. Together with `messages` its versions have no gaps. */
export const changes = pgTable(
  "changes",
  {
    conversationId: uuid("conversation_id").notNull(),
    version: counter("version").notNull(),
    /** `last_seq` at that moment. It finds the messages around a version without an index on their versions. */
    lastSeq: counter("last_seq").notNull(),
    /** The message that was edited or deleted. Null: a change of members, name or owner. */
    messageSeq: bigint("message_seq", { mode: "number" }),
    added: integer().array().notNull().default([]),
    removed: integer().array().notNull().default([]),
    name: text(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Random, so two histories that reach one version have two tags there. Null in older rows: see `confab_change_tag`. */
    tag: uuid().default(sql`gen_random_uuid()`),
    /** A kind of `protocol/changes.ts`. Null in rows of a release without kinds: it follows from the other columns. */
    kind: text(),
    /** The things that a change of this kind is about. Null: the kind needs nothing more. */
    payload: jsonb().$type<Record<string, unknown>>(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.version] }),
    // The lines of a page, such as "Ann joined". Reactions between two messages can be many, and are no lines.
    index("changes_lines")
      .on(table.conversationId, table.version)
      .where(sql`message_seq is null or (payload ->> 'kind') = 'pin'`),
  ],
);

/** One row that names this database's history. The nodes renew the epoch when the database may have gone back in time. */
export const history = pgTable(
  "history",
  {
    id: boolean().primaryKey().default(true),
    epoch: uuid().notNull().default(sql`gen_random_uuid()`),
    /** The answer of `confab_place` when the epoch began. */
    place: text().notNull(),
    /** The mark that the embedded database left when it last stopped cleanly. The next start uses it up. */
    stopped: uuid(),
  },
  (table) => [check("history_one_row", sql`${table.id}`)],
);
