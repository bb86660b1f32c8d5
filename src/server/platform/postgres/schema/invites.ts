import { index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { moment } from "./columns.ts";
import { conversations } from "./conversations.ts";

/** Links by which people join the server or a group. `uses` moves only under the row's lock. */
export const invites = pgTable(
  "invites",
  {
    code: text().primaryKey(),
    /** Null: an invite to the server alone. */
    conversationId: uuid("conversation_id").references(() => conversations.id, { onDelete: "cascade" }),
    createdBy: integer("created_by")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Null: never. */
    expiresAt: moment("expires_at"),
    /** Null: without end. */
    maxUses: integer("max_uses"),
    uses: integer().notNull().default(0),
    revokedAt: moment("revoked_at"),
  },
  (table) => [
    index("invites_created_at").on(table.createdAt),
    index("invites_created_by").on(table.createdBy, table.createdAt),
    index("invites_conversation").on(table.conversationId, table.createdAt),
  ],
);

/** People who came in by an invite. One person counts once. */
export const inviteUses = pgTable(
  "invite_uses",
  {
    code: text()
      .notNull()
      .references(() => invites.code, { onDelete: "cascade" }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    at: moment("at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.code, table.userId] }), index("invite_uses_user").on(table.userId)],
);
