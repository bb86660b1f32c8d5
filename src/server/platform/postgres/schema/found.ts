import { sql } from "drizzle-orm";
import { customType, index, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { counter, moment } from "./columns.ts";

/**
 * Lexemes are made in TypeScript, so PostgreSQL only stores and matches them. Their positions say in which messages of the
 * row they are. The migration sets the storage MAIN: a row stays in one place, though it may be longer than 2 kB.
 */
const lexemes = customType<{ data: string }>({ dataType: () => "tsvector" });

/**
 * The lexemes of messages. A follower writes them within a second. A row is of a single message, or of a run of
 * messages that is complete (`features/search/rows.ts`). It says where to look: a search then reads the messages.
 */
export const found = pgTable(
  "found",
  {
    conversationId: uuid("conversation_id").notNull(),
    /** The first message of the row, and the last one. */
    seq: counter("seq").notNull(),
    lastSeq: counter("last_seq").notNull(),
    /** The conversation whose members may read the messages: of a thread, its parent. */
    placeId: uuid("place_id").notNull(),
    /** When the first message and the last one were sent. */
    firstAt: moment("first_at").notNull(),
    at: moment("at").notNull(),
    v: lexemes("v").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.seq] }),
    // Rows sorted in together cost half as much. A search scans the entries that wait for it: 128 kB at most.
    index("found_lexemes").using("gin", table.v).with({ fastupdate: true, gin_pending_list_limit: 128 }),
    index("found_place").on(table.placeId, table.at),
    index("found_runs").on(table.placeId, table.at).where(sql`last_seq > seq`),
  ],
);
