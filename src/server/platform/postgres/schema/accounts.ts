import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import type { MayAddMe } from "../../../../protocol/users.ts";
import { moment, searchable } from "./columns.ts";

export const users = pgTable(
  "users",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** The e-mail address, in lower case. */
    email: text().notNull().unique(),
    firstName: text("first_name").notNull(),
    lastName: text("last_name").notNull(),
    passwordHash: text("password_hash").notNull(),
    isSuperuser: boolean("is_superuser").notNull().default(false),
    isActive: boolean("is_active").notNull().default(true),
    /** The id of their picture in the store of files. Null: they have none. */
    avatar: uuid(),
    /** The people who may add this person to a conversation at once. Anybody else sends them a request. */
    mayAddMe: text("may_add_me").$type<MayAddMe>().notNull().default("everybody"),
    /** The last login. Everybody can see it. */
    lastSeen: moment("last_seen"),
    /** When the last socket closed. Only people who may know of the user's presence see it. */
    lastOnline: moment("last_online"),
    dateJoined: moment("date_joined").notNull().defaultNow(),
    /** Name and e-mail as searches see them, the same in any locale. The database makes it, so nodes of any release have it. */
    folded: text().notNull().generatedAlwaysAs(sql`confab_folded(first_name || ' ' || last_name || ' ' || email)`),
  },
  (table) => [
    // With fastupdate a search would have to scan all entries that wait to be sorted in.
    index("users_found").using("gin", searchable("folded")).with({ fastupdate: false }),
    index("users_superusers").on(table.id).where(sql`is_superuser`),
    index("users_inactive").on(table.id).where(sql`not is_active`),
  ],
);

export const sessions = pgTable(
  "sessions",
  {
    id: uuid().primaryKey(),
    /** SHA-256 of the token, base64url: a leaked table opens no session. */
    key: text().notNull().unique(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    lastUsedAt: moment("last_used_at").notNull().defaultNow(),
    /** When the password was last confirmed in this session. Acts that can't be undone ask for it again. */
    provedAt: moment("proved_at").notNull().defaultNow(),
    address: text().notNull(),
    client: text().notNull(),
  },
  (table) => [index("sessions_user").on(table.userId), index("sessions_last_used").on(table.lastUsedAt)],
);

/** Networks from which a user has signed in before. Limits on wrong passwords do not lock them out there. */
export const knownNetworks = pgTable(
  "known_networks",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    network: text().notNull(),
    lastAt: moment("last_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.network] }), index("known_networks_last").on(table.lastAt)],
);

/** One-time links by which a person sets a new password. A used link is deleted. */
export const passwordLinks = pgTable(
  "password_links",
  {
    /** SHA-256 of the token, base64url: a leaked table opens no account. */
    key: text().primaryKey(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Null: the command line. */
    createdBy: integer("created_by"),
    createdAt: moment("created_at").notNull().defaultNow(),
    expiresAt: moment("expires_at").notNull(),
  },
  (table) => [index("password_links_user").on(table.userId), index("password_links_expires").on(table.expiresAt)],
);
