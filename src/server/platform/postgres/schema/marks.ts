import { boolean, index, integer, pgTable, primaryKey, smallint, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { counter, moment } from "./columns.ts";

// The truth of everything that people put on messages. `messages.fields` has a summary of it. Only `confab_mark` writes here,
// under the conversation's lock. Rows have no foreign keys, for the reason that `messages` has none; retention and erasing
// remove them with their messages.

export const reactions = pgTable(
  "reactions",
  {
    conversationId: uuid("conversation_id").notNull(),
    messageSeq: counter("message_seq").notNull(),
    /** In the one form that `protocol/reactions.ts` gives each emoji. */
    emoji: text().notNull(),
    userId: integer("user_id").notNull(),
    /** In microseconds, so that the reactions of one batch have an order. */
    at: timestamp("at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.messageSeq, table.emoji, table.userId] }),
    index("reactions_time").on(table.conversationId, table.messageSeq, table.emoji, table.at, table.userId),
    index("reactions_user").on(table.conversationId, table.userId, table.messageSeq),
  ],
);

export const pins = pgTable(
  "pins",
  {
    conversationId: uuid("conversation_id").notNull(),
    messageSeq: counter("message_seq").notNull(),
    userId: integer("user_id").notNull(),
    at: moment("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.messageSeq] })],
);

/** The options that people have chosen in polls, by their position from 0. */
export const votes = pgTable(
  "votes",
  {
    conversationId: uuid("conversation_id").notNull(),
    messageSeq: counter("message_seq").notNull(),
    userId: integer("user_id").notNull(),
    option: smallint().notNull(),
    at: moment("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.messageSeq, table.userId, table.option] })],
);

/** The people whom messages mention. `confab_append_messages` adds a row for each; edits and deletions correct them. */
export const mentions = pgTable(
  "mentions",
  {
    userId: integer("user_id").notNull(),
    conversationId: uuid("conversation_id").notNull(),
    seq: counter("seq").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.conversationId, table.seq] }),
    index("mentions_message").on(table.conversationId, table.seq),
  ],
);

/** Messages that mention everybody, in conversations with too many members for a row for each. */
export const mentionsOfAll = pgTable(
  "mentions_of_all",
  { conversationId: uuid("conversation_id").notNull(), seq: counter("seq").notNull() },
  (table) => [primaryKey({ columns: [table.conversationId, table.seq] })],
);

/** Messages that are to be sent later. A job sends each by the ordinary append. */
export const scheduled = pgTable(
  "scheduled",
  {
    id: uuid().primaryKey(),
    conversationId: uuid("conversation_id").notNull(),
    userId: integer("user_id").notNull(),
    content: text().notNull(),
    /** The time of the next occurrence. */
    sendAt: moment("send_at").notNull(),
    /** How it repeats, and the IANA time zone that this follows. Null: it is sent once. */
    repeat: text(),
    zone: text(),
    /** The number of the next occurrence, from 0. It is a part of the message's `client_id`. */
    occurrence: integer().notNull().default(0),
    /** True while it waits for its time. False: it could not be sent, and `error` says why; its author decides. */
    isWaiting: boolean("is_waiting").notNull().default(true),
    error: text(),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    index("scheduled_user").on(table.userId, table.sendAt),
    index("scheduled_conversation").on(table.conversationId),
  ],
);
