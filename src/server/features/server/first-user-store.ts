import { sql } from "drizzle-orm";
import type { NewUser } from "../../log/ports.ts";
import { userOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { auditLog, users } from "../../platform/postgres/schema.ts";
import { rowsOf, superusersAlone } from "../admin/audited.ts";
import type { FirstUserStore, Proof } from "./first-user.ts";

/** By the index of superusers and the first user's key, however many users there are. */
const CLAIM = `SELECT EXISTS (SELECT FROM users WHERE is_superuser) AS "hasSuperuser",
  EXISTS (SELECT FROM users ORDER BY id LIMIT 1) AS "hasUsers"`;

interface Has {
  hasSuperuser: boolean;
  hasUsers: boolean;
}

const claimOf = (has: Has | undefined) => (has?.hasSuperuser ? "claimed" : has?.hasUsers ? "unclaimed" : "empty");

export class PostgresFirstUser implements FirstUserStore {
  constructor(private readonly db: Database) {}

  async claim() {
    const [has] = await this.db.query<Has>(CLAIM, []);
    return claimOf(has);
  }

  create(user: NewUser, way: Proof["way"], address: string) {
    return superusersAlone(this.db, async (tx) => {
      // In a statement of its own, after the lock: it sees what the one before has committed.
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
