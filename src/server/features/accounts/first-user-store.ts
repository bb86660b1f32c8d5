import { sql } from "drizzle-orm";
import type { User } from "../../../protocol/users.ts";
import { userOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { auditLog, users } from "../../platform/postgres/schema.ts";
import { superusersAlone } from "../audit/audited.ts";
import type { NewUser } from "./account.ts";

/** `empty`: no user yet. `unclaimed`: users, but no superuser. */
export type Claim = "empty" | "unclaimed" | "claimed";

/** The proof that makes a person the first superuser: the printed code, or that they sit at the server's own machine. */
export type Proof = { way: "code"; code: string } | { way: "here"; isHere: boolean };

/** Reads the index of superusers and the key of the first user, so its cost does not depend on the number of users. */
const CLAIM = `SELECT EXISTS (SELECT FROM users WHERE is_superuser) AS "hasSuperuser",
  EXISTS (SELECT FROM users ORDER BY id LIMIT 1) AS "hasUsers"`;

interface Has {
  hasSuperuser: boolean;
  hasUsers: boolean;
}

const claimOf = (has: Has | undefined): Claim =>
  has?.hasSuperuser ? "claimed" : has?.hasUsers ? "unclaimed" : "empty";

export class FirstUserStore {
  constructor(private readonly db: Database) {}

  async claim(): Promise<Claim> {
    const [has] = await this.db.query<Has>(CLAIM, []);
    return claimOf(has);
  }

  /**
   * Makes the first superuser, one at a time over all nodes.
   * @returns `late` when there is a superuser by now, or, for `here`, any user
   */
  create(user: NewUser, way: Proof["way"], address: string): Promise<User | "email_taken" | "late"> {
    return superusersAlone<User | "email_taken" | "late">(this.db, async (tx) => {
      // A statement of its own, after the lock: it sees the commit of the transaction that held the lock before.
      const [has] = await rowsOf<Has>(tx, sql.raw(CLAIM));
      const claim = claimOf(has);
      if (claim === "claimed" || (way === "here" && claim !== "empty")) return "late";
      const values = { ...user, isSuperuser: true };
      const [row] = await tx.insert(users).values(values).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return "email_taken";
      await tx.insert(auditLog).values({
        actorId: row.id,
        actorEmail: row.email,
        address,
        at: sql`clock_timestamp()`,
        action: "superuser_created",
        targetType: "user",
        targetId: String(row.id),
        details: { email: row.email, way },
      });
      return userOf(row);
    });
  }
}
