import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { counter, moment } from "./columns.ts";

/**
 * A file from its first byte on. Its bytes are in the store of files, under its id. A row goes before its bytes, so that
 * nobody finds a file whose bytes are gone.
 */
export const files = pgTable(
  "files",
  {
    id: uuid().primaryKey(),
    /** The person who uploads it. */
    userId: integer("user_id").notNull(),
    name: text().notNull(),
    /** The media type, by the first bytes. Until all bytes are there it is the one that the client gave, or empty. */
    type: text().notNull().default(""),
    /** How long the whole file is. It counts against the quota from the start. */
    bytes: counter("bytes").notNull(),
    /** How many of the bytes are durable. */
    received: counter("received").notNull().default(0),
    /** The request that writes the bytes now, until `leased_until`: only one does. */
    lease: uuid(),
    leasedUntil: moment("leased_until"),
    /** uploading, checking, ready or refused. */
    state: text().notNull(),
    /** SHA-256 of the bytes, in hex. Null when no scanner has asked for it. */
    digest: text(),
    /** Width, height, placeholder and the like, as messages show them (`protocol/files.ts`). */
    details: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Why it was refused. */
    refusal: text(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** The last time that bytes arrived, or that a message took it. */
    touchedAt: moment("touched_at").notNull().defaultNow(),
    /** When a message first had it. Null: it may still be sent, and goes after a day. */
    usedAt: moment("used_at"),
    /** When a message last lost it. A trigger on `message_files` sets it, and upkeep looks whether any message is left. */
    looseAt: moment("loose_at"),
  },
  (table) => [
    index("files_user").on(table.userId, table.createdAt),
    index("files_unused").on(table.touchedAt).where(sql`used_at is null`),
    index("files_loose").on(table.looseAt).where(sql`loose_at is not null`),
    index("files_unfinished").on(table.leasedUntil).where(sql`state = 'checking'`),
  ],
);

/** The files of messages, by their position from 0. `confab_append_messages` writes them with the message. */
export const messageFiles = pgTable(
  "message_files",
  {
    conversationId: uuid("conversation_id").notNull(),
    seq: counter("seq").notNull(),
    n: smallint().notNull(),
    fileId: uuid("file_id").notNull(),
    /** image, video, audio, voice or other: the lists of a conversation's files ask for it. A file never changes it. */
    kind: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.seq, table.n] }),
    index("message_files_kind").on(table.conversationId, table.kind, table.seq, table.n),
    index("message_files_file").on(table.fileId),
  ],
);

/** The bytes that files take: of each user, and of the whole server under the id 0. A trigger on `files` keeps them. */
export const fileUsage = pgTable("file_usage", {
  userId: integer("user_id").primaryKey(),
  bytes: counter("bytes").notNull(),
});

/** The titles that addresses in messages show, by the digest of the address. A follower fetches it when LINK_PREVIEWS is on. */
export const linkPreviews = pgTable(
  "link_previews",
  {
    digest: text().primaryKey(),
    url: text().notNull(),
    /** Title, description and site. Null: the address has no preview. */
    preview: jsonb().$type<Record<string, unknown>>(),
    fetchedAt: moment("fetched_at").notNull(),
  },
  (table) => [index("link_previews_fetched").on(table.fetchedAt)],
);
