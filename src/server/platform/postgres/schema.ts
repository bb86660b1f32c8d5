import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { AuditAction, AuditDetails, AuditTarget } from "../../../protocol/admin.ts";
import type { MayAddMe } from "../../../protocol/users.ts";

/** Milliseconds, which is what JavaScript's dates and the wire can say: what is read equals what was written. */
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const counter = (name: string) => bigint(name, { mode: "number" });

/** What `confab_found_users` and `confab_found_conversations` look in; their statements say the same. */
const searchable = (folded: string) => sql.raw(`confab_grams(${folded})`);

export const users = pgTable(
  "users",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** In lower case. */
    email: text().notNull().unique(),
    firstName: text("first_name").notNull(),
    lastName: text("last_name").notNull(),
    passwordHash: text("password_hash").notNull(),
    isSuperuser: boolean("is_superuser").notNull().default(false),
    isActive: boolean("is_active").notNull().default(true),
    /** Whose wish to add this person to a conversation counts at once; that of all others is a request. */
    mayAddMe: text("may_add_me").$type<MayAddMe>().notNull().default("everybody"),
    /** The last login. Everybody sees it. */
    lastSeen: moment("last_seen"),
    /** When the last socket closed. Only for those who may know of the user's presence. */
    lastOnline: moment("last_online"),
    dateJoined: moment("date_joined").notNull().defaultNow(),
    /** Name and e-mail as they are searched, the same in any locale. The database makes it, for nodes of any version. */
    folded: text().notNull().generatedAlwaysAs(sql`confab_folded(first_name || ' ' || last_name || ' ' || email)`),
  },
  (table) => [
    // Nothing waits to be sorted in: who searches would look through what waits.
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
    /** When the password was last shown in this session: acts that can't be undone ask for it again. */
    provedAt: moment("proved_at").notNull().defaultNow(),
    address: text().notNull(),
    client: text().notNull(),
  },
  (table) => [index("sessions_user").on(table.userId), index("sessions_last_used").on(table.lastUsedAt)],
);

/** What all nodes of this database share and nobody else knows. Made by a migration. */
export const secrets = pgTable("secrets", { name: text().primaryKey(), value: text().notNull() });

/** The settings that admins choose in the page; the environment wins over them. */
export const serverSettings = pgTable("server_settings", {
  name: text().primaryKey(),
  value: jsonb().notNull(),
  changedAt: moment("changed_at").notNull().defaultNow(),
});

/** Networks from which a user has signed in before: limits on wrong passwords do not lock them out there. */
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

/** One-time links by which a person sets a new password. A used one is deleted. */
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

/**
 * `last_seq` numbers messages, `last_version` every change; both move under this row's lock only. What retention has
 * removed ends at `pruned_seq` and `pruned_version`.
 */
export const conversations = pgTable(
  "conversations",
  {
    id: uuid().primaryKey(),
    name: text(),
    isGroup: boolean("is_group").notNull(),
    ownerId: integer("owner_id").references(() => users.id),
    /** The two people of a 1-on-1, smaller id first: what makes it unique. */
    pairLow: integer("pair_low"),
    pairHigh: integer("pair_high"),
    participantCount: integer("participant_count").notNull(),
    lastSeq: counter("last_seq").notNull().default(0),
    lastVersion: counter("last_version").notNull().default(0),
    prunedSeq: counter("pruned_seq").notNull().default(0),
    prunedVersion: counter("pruned_version").notNull().default(0),
    /** When the oldest kept message was sent; what retention looks for. */
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
    /** The person has hidden this 1-on-1: their list leaves it out until a message comes after this one. */
    hiddenSeq: bigint("hidden_seq", { mode: "number" }),
    joinedAt: moment("joined_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.userId] }),
    index("participants_user").on(table.userId),
    index("participants_ordinal").on(table.conversationId, table.ordinal),
  ],
);

/** Links by which people come to the server or into a group. `uses` moves under the row's lock only. */
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

/** People who were removed from a group, or left it by themselves (then both ids are the same): they don't come back unasked. */
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

/** Wishes to write to a person, or to add them to a group, that wait for their answer. */
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
    /** Null: a 1-on-1, which is made when they accept. */
    conversationId: uuid("conversation_id").references(() => conversations.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** A declined one stays, so that it is not asked again; its sender sees no difference. */
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
 * Appended by `confab_append` alone, and changed by `confab_edit`. No foreign keys: they read conversation, participant
 * and sender under the conversation's lock, and a key's trigger would cost each message as much again.
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
    /** What was first sent under `client_id`, as a keyed digest; set when an edit or a deletion replaces it. */
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

/** Every step of a conversation that is no new message. Together with `messages` it is dense in `version`. */
export const changes = pgTable(
  "changes",
  {
    conversationId: uuid("conversation_id").notNull(),
    version: counter("version").notNull(),
    /** `last_seq` at that moment: it finds the messages around a version without an index on theirs. */
    lastSeq: counter("last_seq").notNull(),
    /** The message that was edited or deleted; null for a change of participants or name. */
    messageSeq: bigint("message_seq", { mode: "number" }),
    added: integer().array().notNull().default([]),
    removed: integer().array().notNull().default([]),
    name: text(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Random: two histories that reach one version have two tags there. Null in rows older than it: see `confab_change_tag`. */
    tag: uuid().default(sql`gen_random_uuid()`),
    /** A kind of `protocol/changes.ts`. Null in rows of a release without kinds: it follows from the other columns. */
    kind: text(),
    /** What this kind of change points at. Null: the kind needs nothing more. */
    payload: jsonb().$type<Record<string, unknown>>(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.version] })],
);

/** One row: which history this database has. The nodes renew the epoch when the database may have gone back. */
export const history = pgTable(
  "history",
  {
    id: boolean().primaryKey().default(true),
    epoch: uuid().notNull().default(sql`gen_random_uuid()`),
    /** The answer of `confab_place` when the epoch began. */
    place: text().notNull(),
    /** The embedded database's mark of its last clean stop; used up by the next start. */
    stopped: uuid(),
  },
  (table) => [check("history_one_row", sql`${table.id}`)],
);

/**
 * Conversations that an admin has removed and of which something may still be somewhere: their messages and changes go
 * piece by piece, those up to the first numbers of each pair are gone. Nobody can see them any more: the
 * conversation's row is gone.
 */
export const removedConversations = pgTable("removed_conversations", {
  id: uuid().primaryKey(),
  removedAt: moment("removed_at").notNull().defaultNow(),
  /** The node that erases it, and until when no other one takes over. */
  eraser: uuid(),
  claimedUntil: moment("claimed_until"),
  prunedSeq: counter("pruned_seq").notNull(),
  lastSeq: counter("last_seq").notNull(),
  prunedVersion: counter("pruned_version").notNull(),
  lastVersion: counter("last_version").notNull(),
});

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
    /** Not before this time. */
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

/** What admins have done. Only ever appended to, in the transaction of what it tells. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment("at").notNull().defaultNow(),
    /** Null: the command line. No foreign key: an entry outlives everything it names. */
    actorId: integer("actor_id"),
    actorEmail: text("actor_email"),
    action: text().$type<AuditAction>().notNull(),
    targetType: text("target_type").$type<AuditTarget>().notNull(),
    targetId: text("target_id").notNull(),
    details: jsonb().$type<AuditDetails>().notNull(),
    address: text(),
  },
  (table) => [
    index("audit_log_actor").on(table.actorId, table.id),
    index("audit_log_action").on(table.action, table.id),
    index("audit_log_actor_action").on(table.actorId, table.action, table.id),
    index("audit_log_target_type").on(table.targetType, table.id),
    index("audit_log_target").on(table.targetType, table.targetId, table.id),
  ],
);

/** Messages that were sent on each day, in UTC. A follower counts them; what retention or an admin removes stays counted. */
export const statistics = pgTable("statistics", {
  day: date({ mode: "string" }).primaryKey(),
  messages: counter("messages").notNull(),
});
