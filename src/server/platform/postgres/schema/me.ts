import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { counter } from "./columns.ts";
import { participants } from "./conversations.ts";

/** The newest `me_version` of each person who has entries. It moves only under this row's lock. */
export const meStreams = pgTable("me_streams", {
  userId: integer("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  meVersion: counter("me_version").notNull().default(0),
});

/**
 * Personal settings: one row for each thing, in its present state. `me_version` is that of its last change, so the versions
 * of the rows have gaps.
 */
export const meEntries = pgTable(
  "me_entries",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: text().notNull(),
    key: text().notNull(),
    /** An entry about a membership ends with it. Null for other entries. */
    conversationId: uuid("conversation_id"),
    value: jsonb().$type<Record<string, unknown>>().notNull(),
    meVersion: counter("me_version").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.kind, table.key] }),
    uniqueIndex("me_entries_version").on(table.userId, table.meVersion),
    index("me_entries_member").on(table.conversationId, table.userId),
    foreignKey({
      name: "me_entries_membership",
      columns: [table.conversationId, table.userId],
      foreignColumns: [participants.conversationId, participants.userId],
    }).onDelete("cascade"),
  ],
);
