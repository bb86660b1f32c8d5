import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { counter, moment, searchable } from "./columns.ts";

/**
 * `last_seq` numbers messages, `last_version` every change. Both move only under this row's lock. Retention has removed
 * everything up to `pruned_seq` and `pruned_version`.
 */
export const conversations = pgTable(
  "conversations",
  {
    id: uuid().primaryKey(),
    name: text(),
    /** The id of the group's picture in the store of files. Null: it has none. */
    picture: uuid(),
    isGroup: boolean("is_group").notNull(),
    /** The conversation that this thread belongs to, and the message that it answers. Null: it is no thread. */
    parentId: uuid("parent_id"),
    rootSeq: bigint("root_seq", { mode: "number" }),
    ownerId: integer("owner_id").references(() => users.id),
    /** The two people of a 1-on-1, smaller id first. A unique index keeps it the only one. */
    pairLow: integer("pair_low"),
    pairHigh: integer("pair_high"),
    participantCount: integer("participant_count").notNull(),
    lastSeq: counter("last_seq").notNull().default(0),
    lastVersion: counter("last_version").notNull().default(0),
    prunedSeq: counter("pruned_seq").notNull().default(0),
    prunedVersion: counter("pruned_version").notNull().default(0),
    /** When the oldest message that is left was sent. Retention searches by this column. */
    oldestAt: moment("oldest_at"),
    createdAt: moment("created_at").notNull().defaultNow(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex("conversations_pair").on(table.pairLow, table.pairHigh),
    index("conversations_found")
      .using("gin", searchable("confab_folded(name)"))
      .with({ fastupdate: false })
      .where(sql`name is not null`),
    uniqueIndex("conversations_thread").on(table.parentId, table.rootSeq).where(sql`parent_id is not null`),
    index("conversations_oldest").on(table.oldestAt).where(sql`oldest_at is not null`),
    check(
      "conversations_pair_of_one_on_one",
      sql`is_group = (pair_low is null) and (pair_low < pair_high) is not false`,
    ),
  ],
);

export const participants = pgTable(
  "participants",
  {
    conversationId: uuid("conversation_id")
      .notNull()
      .references(() => conversations.id, { onDelete: "cascade" }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** The order of joining. */
    ordinal: bigint({ mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    readSeq: counter("read_seq").notNull().default(0),
    /** The newest change that the person has looked at. Null: as of a release that did not note it. */
    readVersion: bigint("read_version", { mode: "number" }),
    /** Of a thread: whether the person follows it. False stays false until they follow it themselves. */
    isFollowing: boolean("is_following").notNull().default(true),
    /** The person has hidden this 1-on-1. Their list leaves it out until a message comes after this seq. */
    hiddenSeq: bigint("hidden_seq", { mode: "number" }),
    joinedAt: moment("joined_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.userId] }),
    index("participants_user").on(table.userId),
    index("participants_ordinal").on(table.conversationId, table.ordinal),
  ],
);

/** People who were removed from a group, or left it (then both ids are the same). Nobody can add them again without asking. */
export const removals = pgTable(
  "removals",
  {
    conversationId: uuid("conversation_id")
      .notNull()
      .references(() => conversations.id, { onDelete: "cascade" }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    removedBy: integer("removed_by").notNull(),
    at: moment("at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.userId] }), index("removals_user").on(table.userId)],
);

/** Requests to write to a person, or to add them to a group, that wait for an answer. */
export const requests = pgTable(
  "requests",
  {
    id: uuid().primaryKey(),
    /** The person who is asked. */
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    fromId: integer("from_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Null: a 1-on-1, which begins when they accept. */
    conversationId: uuid("conversation_id").references(() => conversations.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** A declined request stays, so that it is not sent again. Its sender sees no difference. */
    declinedAt: moment("declined_at"),
  },
  (table) => [
    uniqueIndex("requests_direct").on(table.userId, table.fromId).where(sql`conversation_id is null`),
    uniqueIndex("requests_group")
      .on(table.userId, table.fromId, table.conversationId)
      .where(sql`conversation_id is not null`),
    index("requests_user").on(table.userId, table.createdAt),
    index("requests_from").on(table.fromId),
    index("requests_conversation").on(table.conversationId),
  ],
);

/**
 * Conversations that an admin has removed, and of which something is still left. Their messages and changes are erased in
 * pieces; those up to `pruned_seq` and `pruned_version` are gone. The conversation's own row is gone, so nobody sees it.
 */
export const removedConversations = pgTable("removed_conversations", {
  id: uuid().primaryKey(),
  removedAt: moment("removed_at").notNull().defaultNow(),
  /** The node that erases it, and until when no other node takes over. */
  eraser: uuid(),
  claimedUntil: moment("claimed_until"),
  prunedSeq: counter("pruned_seq").notNull(),
  lastSeq: counter("last_seq").notNull(),
  prunedVersion: counter("pruned_version").notNull(),
  lastVersion: counter("last_version").notNull(),
});
