import { and, eq, gt, sql } from "drizzle-orm";
import { Failure } from "../../base/failure.ts";
import { userOf } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { passwordLinks, users } from "../../platform/postgres/schema.ts";
import { iso } from "../../platform/postgres/values.ts";
import { audited } from "../audit/audited.ts";
import type { Admin, Entry } from "../audit/entry.ts";
import type { Account, NewUser } from "./account.ts";
import type { EndedSession } from "./ended-sessions.ts";
import { deleteSessions, voidLinksOf } from "./statements.ts";
import { accountOf } from "./users-store.ts";

/** The most links that one round of housekeeping deletes. */
const PRUNED_AT_ONCE = 1_000;

const works = (key: string) => and(eq(passwordLinks.key, key), gt(passwordLinks.expiresAt, sql`clock_timestamp()`));

/** A link to be made. */
interface NewLink {
  /** The hash of its token. */
  key: string;
  /** How long the link works, in seconds. */
  life: number;
}

/** One-time links, stored by the hash of their token. Each call that makes one is written to the audit log. */
export class PasswordLinksStore {
  constructor(private readonly db: Database) {}

  /** Makes an account with its link. Returns `undefined` when the e-mail is taken. */
  addUser(by: Admin, user: NewUser, link: NewLink) {
    return audited<{ account: Account; expiresAt: string } | undefined>(this.db, by, async (tx) => {
      const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return { outcome: undefined, entries: [] };
      const expiresAt = await insert(tx, by, row.id, link);
      const details = { email: row.email, superuser: row.isSuperuser };
      const entry: Entry = { action: "user_added", target: { type: "user", id: row.id }, details };
      return { outcome: { account: accountOf(row), expiresAt }, entries: [entry] };
    });
  }

  /** Makes a link, and voids the user's other links. Rejects when the user does not exist or is deactivated. */
  make(by: Admin, userId: number, link: NewLink) {
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

  /** The account of a link, while the link works. */
  async find(key: string): Promise<Account | undefined> {
    const [row] = await this.db.read((orm) =>
      orm
        .select()
        .from(passwordLinks)
        .innerJoin(users, eq(users.id, passwordLinks.userId))
        .where(and(works(key), eq(users.isActive, true))),
    );
    return row && accountOf(row.users);
  }

  /**
   * Uses a link up: sets the password, voids all links of the user and ends all their sessions. When several calls
   * race, only one succeeds.
   * @returns `undefined` when the link does not work
   */
  confirm(
    key: string,
    passwordHash: string,
  ): Promise<(Pick<Account, "user" | "isSuperuser"> & { ended: EndedSession[] }) | undefined> {
    return this.db.transaction(async (tx) => {
      const [known] = await tx.select().from(passwordLinks).where(works(key));
      // Lock the user's row first, as `make` does. A login at the same time has made its session by then, or is
      // refused.
      const user = known && (await lockUser(tx, known.userId));
      if (!user?.isActive) return undefined;
      const used = await tx.delete(passwordLinks).where(works(key)).returning({ key: passwordLinks.key });
      if (used.length === 0) return undefined;
      await voidLinksOf(tx, user.id);
      await tx.update(users).set({ passwordHash }).where(eq(users.id, user.id));
      return { user: userOf(user), isSuperuser: user.isSuperuser, ended: await deleteSessions(tx, user.id) };
    });
  }

  /** Deletes some of the links that have expired. */
  async prune(): Promise<void> {
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

/** Returns the moment when the link expires. */
async function insert(tx: Transaction, by: Admin, userId: number, { key, life }: NewLink) {
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
