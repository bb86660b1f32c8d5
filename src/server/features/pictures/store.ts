import { and, eq, sql } from "drizzle-orm";
import type { User } from "../../../protocol/users.ts";
import { userOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { conversations, participants, users } from "../../platform/postgres/schema.ts";
import { audited } from "../audit/audited.ts";
import type { Admin } from "../audit/entry.ts";

/** A user whose picture has changed, and the picture that nobody shows from now on. */
export interface Replaced {
  user: User;
  dropped: string | null;
}

export class PicturesStore {
  constructor(private readonly db: Database) {}

  /** `undefined`: there is no such user. */
  setAvatar(userId: number, avatar: string | null): Promise<Replaced | undefined> {
    return this.db.transaction(async (tx) => {
      const [before] = await tx.select().from(users).where(eq(users.id, userId)).for("no key update");
      if (!before) return undefined;
      const [row = before] = await tx.update(users).set({ avatar }).where(eq(users.id, userId)).returning();
      return { user: userOf(row), dropped: before.avatar };
    });
  }

  /** Removes the picture of another person, and writes it to the audit log. */
  removeAvatar(by: Admin, userId: number): Promise<Replaced | undefined> {
    return audited<Replaced | undefined>(this.db, by, async (tx) => {
      const [before] = await tx.select().from(users).where(eq(users.id, userId)).for("no key update");
      if (!before) return { outcome: undefined, entries: [] };
      const target = { type: "user", id: userId } as const;
      const [row = before] = await tx.update(users).set({ avatar: null }).where(eq(users.id, userId)).returning();
      return {
        outcome: { user: userOf(row), dropped: before.avatar },
        entries: before.avatar === null ? [] : [{ action: "avatar_removed", target, details: { email: before.email } }],
      };
    });
  }

  /** Whether this is the picture of a group, and the user one of its members. */
  async isShownTo(userId: number, conversationId: string, picture: string): Promise<boolean> {
    const rows = await this.db.read((orm) =>
      orm
        .select({ one: sql`1` })
        .from(conversations)
        .innerJoin(participants, eq(participants.conversationId, conversations.id))
        .where(
          and(
            eq(conversations.id, conversationId),
            eq(conversations.picture, picture),
            eq(participants.userId, userId),
          ),
        ),
    );
    return rows.length > 0;
  }

  /** The pictures of those among these users who have one, and who are in a conversation with the asking user. */
  async avatarsNear(userId: number, ids: readonly number[]): Promise<{ id: number; avatar: string }[]> {
    return this.db.query<{ id: number; avatar: string }>(AVATARS_NEAR, [userId, ids]);
  }
}

const AVATARS_NEAR = `SELECT u.id, u.avatar FROM unnest($2::integer[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id AND avatar IS NOT NULL OFFSET 0) u
  WHERE EXISTS (
    SELECT FROM (SELECT conversation_id AS id FROM participants WHERE user_id = u.id OFFSET 0) theirs
    WHERE (theirs.id IN (SELECT conversation_id FROM participants WHERE user_id = $1)) IS TRUE
  )`;
