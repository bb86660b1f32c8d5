import { and, eq, gt, sql } from "drizzle-orm";
import { Failure } from "../../base/failure.ts";
import type { NewUser } from "../../log/ports.ts";
import { userOf } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { passwordLinks, users } from "../../platform/postgres/schema.ts";
import { iso } from "../../platform/postgres/values.ts";
import { audited, type Entry } from "../admin/audited.ts";
import type { Admin } from "../admin/ports.ts";
import { adminUserOf } from "../admin/rows.ts";
import type { PasswordLinkStore } from "./password-links.ts";
import { deleteSessions, voidLinksOf } from "./sessions-store.ts";
import { accountOf } from "./users-store.ts";

/** Links that one round of housekeeping deletes. */
const PRUNED_AT_ONCE = 1_000;

const works = (key: string) => and(eq(passwordLinks.key, key), gt(passwordLinks.expiresAt, sql`clock_timestamp()`));

export class PostgresPasswordLinks implements PasswordLinkStore {
  constructor(private readonly db: Database) {}

  addUser(by: Admin, user: NewUser, link: { key: string; life: number }) {
    type Added = Awaited<ReturnType<PasswordLinkStore["addUser"]>>;
    return audited<Added>(this.db, by, async (tx) => {
      const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return { outcome: undefined, entries: [] };
      const expiresAt = await insert(tx, by, row.id, link);
      const details = { email: row.email, superuser: row.isSuperuser };
      const entry: Entry = { action: "user_added", target: { type: "user", id: row.id }, details };
      return { outcome: { user: adminUserOf(row), expiresAt }, entries: [entry] };
    });
  }

  make(by: Admin, userId: number, link: { key: string; life: number }) {
    return audited(this.db, by, async (tx) => {
      const user = await lockUser(tx, userId);
      if (!user) throw new Failure("user_not_found");
      const { email } = user;
      if (!user.isActive) throw new Failure("user_inactive");
      await voidLinksOf(tx, userId);
      const expiresAt = await insert(tx, by, userId, link);
      const entry: Entry = { action: "reset_link_made", target: { type: "user", id: userId }, details: { email } };
      return { outcome: { email, expiresAt }, entries: [entry] };
    });
  }

  async find(key: string) {
    const [row] = await this.db.read((orm) =>
      orm
        .select()
        .from(passwordLinks)
        .innerJoin(users, eq(users.id, passwordLinks.userId))
        .where(and(works(key), eq(users.isActive, true))),
    );
    return row && accountOf(row.users);
  }

  confirm(key: string, passwordHash: string) {
    return this.db.transaction(async (tx) => {
      const [known] = await tx.select().from(passwordLinks).where(works(key));
      // The user's row first, as those who make links lock it. A login beside it has its session by then, or is refused.
      const user = known && (await lockUser(tx, known.userId));
      if (!user?.isActive) return undefined;
      const used = await tx.delete(passwordLinks).where(works(key)).returning({ key: passwordLinks.key });
      if (used.length === 0) return undefined;
      await voidLinksOf(tx, user.id);
      await tx.update(users).set({ passwordHash }).where(eq(users.id, user.id));
      return { user: userOf(user), isSuperuser: user.isSuperuser, ended: await deleteSessions(tx, user.id) };
    });
  }

  async prune() {
    await this.db.query(
      `DELETE FROM password_links WHERE key IN (SELECT key FROM password_links WHERE expires_at < now() LIMIT $1)`,
      [PRUNED_AT_ONCE],
    );
  }
}

async function lockUser(tx: Transaction, id: number) {
  const [row] = await tx.select().from(users).where(eq(users.id, id)).for("no key update");
  return row;
}

/** Returns when it ends. */
async function insert(tx: Transaction, by: Admin, userId: number, { key, life }: { key: string; life: number }) {
  const [row] = await tx
    .insert(passwordLinks)
    .values({
      key,
      userId,
      createdBy: by?.userId ?? null,
      expiresAt: sql`clock_timestamp() + ${life} * interval '1 second'`,
    })
    .returning();
  if (!row) throw new Error("the link was not written");
  return iso(row.expiresAt.getTime());
}
