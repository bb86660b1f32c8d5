import { bigint, index, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { AuditAction, AuditDetails, AuditTarget } from "../../../../protocol/admin.ts";
import { moment } from "./columns.ts";

/** Secrets that only the nodes of this database know. Migrations make them. */
export const secrets = pgTable("secrets", { name: text().primaryKey(), value: text().notNull() });

/** The settings that admins choose in the page. A setting in the environment wins. */
export const serverSettings = pgTable("server_settings", {
  name: text().primaryKey(),
  value: jsonb().notNull(),
  changedAt: moment("changed_at").notNull().defaultNow(),
});

/** The acts of admins. Entries are only added, each in the transaction of its act. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment("at").notNull().defaultNow(),
    /** Null: the command line. There is no foreign key, because an entry outlives everything that it names. */
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
