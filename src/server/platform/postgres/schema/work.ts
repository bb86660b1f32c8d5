import { bigint, date, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { counter, moment } from "./columns.ts";

/** One-off work that outlives a process. A worker leases a job, does it, and deletes its row. */
export const jobs = pgTable(
  "jobs",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text().notNull(),
    /** Two jobs of one kind never have the same key: adding it again changes nothing. */
    key: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** The job does not run before this time. */
    runAt: moment("run_at").notNull().defaultNow(),
    attempts: integer().notNull().default(0),
    /** The node that works on it. Another node takes over when the lease ends. */
    leasedBy: uuid("leased_by"),
    leasedUntil: moment("leased_until"),
    lastError: text("last_error"),
  },
  (table) => [uniqueIndex("jobs_key").on(table.kind, table.key), index("jobs_run_at").on(table.runAt)],
);

/** The version up to which a follower has handled a conversation. A cursor of another epoch starts over. */
export const followerCursors = pgTable(
  "follower_cursors",
  {
    follower: text().notNull(),
    conversationId: uuid("conversation_id").notNull(),
    epoch: uuid().notNull(),
    version: counter("version").notNull(),
  },
  (table) => [primaryKey({ columns: [table.follower, table.conversationId] })],
);

/** One node at a time runs a follower's shard. A later lease has a larger fencing number. */
export const followerLeases = pgTable(
  "follower_leases",
  {
    follower: text().notNull(),
    shard: integer().notNull(),
    fence: counter("fence").notNull().default(0),
    leasedBy: uuid("leased_by"),
    leasedUntil: moment("leased_until"),
  },
  (table) => [primaryKey({ columns: [table.follower, table.shard] })],
);

/** The messages that were sent on each day, in UTC. A follower counts them. Later removals do not lower the counts. */
export const statistics = pgTable("statistics", {
  day: date({ mode: "string" }).primaryKey(),
  messages: counter("messages").notNull(),
});
