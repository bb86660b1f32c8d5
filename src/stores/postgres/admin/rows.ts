import type { AdminUser } from "../../../protocol/admin.ts";
import { USER_COLUMNS, type UserRow, userOf, userOfRow } from "../rows.ts";
import type { users } from "../schema.ts";

export const adminUserOf = (row: typeof users.$inferSelect): AdminUser => ({
  ...userOf(row),
  is_active: row.isActive,
  is_superuser: row.isSuperuser,
});

/** A user's columns as the hand-written statements select them. */
export type AdminUserRow = UserRow & { is_active: boolean; is_superuser: boolean };

/** The same columns, for the select list of a statement that reads `users u`. */
export const ADMIN_USER_COLUMNS = `${USER_COLUMNS}, u.is_active, u.is_superuser`;

/** Whether an outer join has found one. */
export const isUser = (row: Partial<AdminUserRow>): row is AdminUserRow => row.user_id != null;

export const adminUserOfRow = (row: AdminUserRow): AdminUser => ({
  ...userOfRow(row),
  is_active: row.is_active,
  is_superuser: row.is_superuser,
});
