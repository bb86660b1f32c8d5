import { and, eq, type SQL, sql } from "drizzle-orm";
import { LISTED_MOST } from "../../../protocol/admin.ts";
import type { User } from "../../../protocol/users.ts";
import { Failure } from "../../base/failure.ts";
import { userOf } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { conversations, invites, inviteUses, participants, users } from "../../platform/postgres/schema.ts";
import { type Total, totalOf } from "../../platform/postgres/totals.ts";
import { may, roleIn } from "../../rights/may.ts";
import type { NewUser } from "../accounts/account.ts";
import { audited } from "../audit/audited.ts";
import type { Admin, Entry } from "../audit/entry.ts";

import { comeIn, lockConversation } from "../members/alter.ts";
import type { InviteRecord, Joined, NewInvite } from "./records.ts";
import { inviteEnded, notForRegistering } from "./refusals.ts";
import { ABOUT, type InviteRow, MAKER_IS_IN, recordOf, SOME, STATE } from "./rows.ts";

/** The most invites of one person that can be active at the same time. */
const WORKING_MOST = 100;
/** How many of a person's newest invites are read to count the active ones. */
const LOOKED_AT_MOST = 1_000;
/** Ended invites stay for this long, so that admins can see how people came in. */
const KEPT = "interval '90 days'";

/** Selects the invites of a list: those into a group, those of a maker, or all. */
export interface InvitesQuery {
  conversationId: string | undefined;
  makerId: number | undefined;
  limit: number;
  offset: number;
}

/**
 * Invites. One transaction counts a person who comes in by an invite and makes them a member: both or neither. It holds
 * the locks of the group and the invite. So a person counts once, and no more people come in than the invite is for.
 */
export class InvitesStore {
  /** The code after which `tidy` goes on. */
  private tidiedUpTo = "";

  constructor(private readonly db: Database) {}

  async find(code: string): Promise<InviteRecord | undefined> {
    const [row] = await this.db.query<InviteRow>(`${ABOUT} SELECT * FROM invites WHERE code = $1 ${SOME}`, [code]);
    return row && recordOf(row);
  }

  /** Newest first. */
  async list({ conversationId, makerId, limit, offset }: InvitesQuery): Promise<{ invites: InviteRecord[] } & Total> {
    const conditions = [
      ...(conversationId === undefined ? [] : [["conversation_id", conversationId] as const]),
      ...(makerId === undefined ? [] : [["created_by", makerId] as const]),
    ];
    const where = ["true", ...conditions.map(([column], i) => `${column} = $${i + 1}`)].join(" AND ");
    const values = conditions.map(([, value]) => value);
    const n = values.length;
    const page = `SELECT * FROM invites WHERE ${where} ORDER BY created_at DESC, code LIMIT $${n + 1} OFFSET $${n + 2}`;
    const rows = await this.db.query<InviteRow>(ABOUT + page + SOME, [...values, limit, offset]);
    const [counted] = await this.db.query<{ found: number }>(
      `SELECT count(*)::int AS found FROM (SELECT FROM invites WHERE ${where} LIMIT ${LISTED_MOST + 1}) listed`,
      values,
    );
    return { invites: rows.map(recordOf), ...totalOf(counted && { found: counted.found, is_cut: false }) };
  }

  /**
   * Rejects when the maker is no member of the group, or the conversation is no group.
   * @param by writes an entry to the audit log: for a superuser, or `null` for the command line; `undefined` writes none
   */
  create(by: Admin | undefined, invite: NewInvite): Promise<InviteRecord> {
    if (by === undefined) return this.db.transaction((tx) => insert(tx, invite));
    return audited(this.db, by, async (tx) => {
      const made = await insert(tx, invite);
      return { outcome: made, entries: [entryOf("invite_made", made)] };
    });
  }

  /** @param by as above. For `undefined`, `userId` must be the maker of the invite, or own the group */
  async revoke(by: Admin | undefined, code: string, userId: number): Promise<void> {
    if (by === undefined) await this.db.transaction((tx) => revoke(tx, code, userId));
    else
      await audited(this.db, by, async (tx) => {
        const revoked = await revoke(tx, code, undefined);
        return { outcome: undefined, entries: revoked ? [entryOf("invite_revoked", revoked)] : [] };
      });
  }

  /** Rejects when the invite has ended, the group has `max` members, or its owner has removed this person. */
  accept(code: string, userId: number, max: number): Promise<Joined> {
    return this.db.transaction(async (tx) => {
      const { invite, group } = await lockInvite(tx, code);
      // A person who can sign in is on the server already.
      if (!group) return NOWHERE;
      return { conversationId: group.id, ...(await comeIn(tx, group, userId, max, () => use(tx, invite, userId))) };
    });
  }

  /**
   * Makes an account and uses the invite for it. `anyMaker`: invites of members make accounts too, not only those of superusers.
   * @returns `undefined` when the e-mail is taken; nothing is used then
   */
  register(
    code: string,
    user: NewUser,
    { max, anyMaker }: { max: number; anyMaker: boolean },
  ): Promise<(Joined & { user: User }) | undefined> {
    return this.db.transaction(async (tx) => {
      const { invite, group } = await lockInvite(tx, code);
      if (!anyMaker && !invite.createdBy.isSuperuser) throw notForRegistering();
      const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return undefined;
      const admit = () => use(tx, invite, row.id);
      const made = { user: userOf(row) };
      if (group) return { ...made, conversationId: group.id, ...(await comeIn(tx, group, row.id, max, admit)) };
      await admit();
      return { ...made, ...NOWHERE };
    });
  }

  /** Deletes some of the invites that ended more than 90 days ago. Repeated calls reach all of them. */
  async tidy(): Promise<void> {
    const [piece] = await this.db.bulk<{ last: string | null; looked: number; ended: string | null }>(ENDED, [
      this.tidiedUpTo,
      this.db.pieceRows,
    ]);
    this.tidiedUpTo = piece?.last != null && piece.looked >= this.db.pieceRows ? piece.last : "";
    const ended = piece?.ended?.split(" ") ?? [];
    if (ended.length === 0) return;
    // An invite that many people came in by takes several rounds.
    await this.db.bulk(FORGET_USES, [ended, this.db.pieceRows]);
    await this.db.bulk(FORGET, [ended]);
  }
}

/** The outcome of an invite to the server alone. */
const NOWHERE: Joined = { conversationId: undefined, change: undefined, ended: [] };

/**
 * Locks the conversation's row before the invite's. The removal of a conversation with its invites locks in the same
 * order.
 */
async function lockInvite(tx: Transaction, code: string) {
  const [known] = await tx.select().from(invites).where(eq(invites.code, code));
  if (!known) throw new Failure("invite_not_found");
  const group = known.conversationId === null ? undefined : await lockConversation(tx, known.conversationId);
  await tx.select().from(invites).where(eq(invites.code, code)).for("update");
  return { invite: await read(tx, code), group };
}

async function read(tx: Transaction, code: string): Promise<InviteRecord> {
  const statement = sql`${sql.raw(ABOUT)} SELECT * FROM invites WHERE code = ${code} ${sql.raw(SOME)}`;
  const [row] = await rowsOf<InviteRow>(tx, statement);
  if (!row) throw new Failure("invite_not_found");
  return recordOf(row);
}

/** Counts a person who comes in by a locked invite. A person who came in by this invite before does not count again. */
async function use(tx: Transaction, { code, state }: InviteRecord, userId: number): Promise<void> {
  const own = and(eq(inviteUses.code, code), eq(inviteUses.userId, userId));
  const [before] = await tx.select().from(inviteUses).where(own);
  if (before && state === "used_up") return;
  if (state !== "active") throw inviteEnded(state);
  if (before) return;
  await tx.insert(inviteUses).values({ code, userId });
  await tx
    .update(invites)
    .set({ uses: sql`${invites.uses} + 1` })
    .where(eq(invites.code, code));
}

async function insert(tx: Transaction, { code, conversationId, makerId, maxUses, expiresIn }: NewInvite) {
  const maker = makerId ?? (await firstSuperuser(tx));
  let since: SQL = sql`clock_timestamp()`;
  if (conversationId !== undefined) {
    const group = await lockConversation(tx, conversationId);
    const place = and(eq(participants.conversationId, conversationId), eq(participants.userId, maker));
    if (!may(await roleIn(tx, group, maker), "make_invite")) throw new Failure("conversation_not_found");
    if (!group.isGroup) throw new Failure("not_a_group", { message: "Only groups can have invite links" });
    // The clock may have been set back: the invite must not be older than the membership that it depends on.
    since = sql`greatest(clock_timestamp(), (SELECT joined_at FROM participants WHERE ${place}))`;
  }
  // The lock makes invites that are made at the same moment count one after the other.
  await tx.select({ id: users.id }).from(users).where(eq(users.id, maker)).for("no key update");
  const [counted] = await rowsOf<{ working: number }>(
    tx,
    sql`SELECT count(*)::int AS working FROM (
        SELECT * FROM invites WHERE created_by = ${maker} ORDER BY created_at DESC LIMIT ${LOOKED_AT_MOST}
      ) i JOIN users u ON u.id = i.created_by WHERE ${sql.raw(STATE)} = 'active'`,
  );
  if ((counted?.working ?? 0) >= WORKING_MOST) throw new Failure("too_many_invites");
  await tx.insert(invites).values({
    code,
    conversationId,
    createdBy: maker,
    createdAt: since,
    expiresAt: expiresIn === undefined ? null : sql`clock_timestamp() + ${expiresIn} * interval '1 second'`,
    maxUses: maxUses ?? null,
  });
  return read(tx, code);
}

/** The owner of the invites that the command line makes. */
async function firstSuperuser(tx: Transaction): Promise<number> {
  const [first] = await tx
    .select({ id: users.id })
    .from(users)
    .where(sql`${users.isSuperuser} AND ${users.isActive}`)
    .orderBy(users.id)
    .limit(1);
  if (first) return first.id;
  throw new Failure("user_not_found", {
    message: "Every invite belongs to a superuser. Make one with createsuperuser first.",
  });
}

/** @param userId must be the maker or the group's owner; `undefined` for a superuser, who may revoke any invite */
async function revoke(tx: Transaction, code: string, userId: number | undefined): Promise<InviteRecord | undefined> {
  const [row] = await tx.select().from(invites).where(eq(invites.code, code)).for("update");
  if (!row) throw new Failure("invite_not_found");
  if (row.createdBy !== userId) {
    const role = userId === undefined ? "admin" : await roleAt(tx, row.conversationId, userId);
    if (!may(role, "revoke_invite")) throw new Failure("not_your_invite");
  }
  if (row.revokedAt) return undefined;
  await tx.update(invites).set({ revokedAt: sql`clock_timestamp()` }).where(eq(invites.code, code));
  return read(tx, code);
}

/** The role in the group that an invite leads into; `undefined` without one, or where the person does not take part. */
async function roleAt(tx: Transaction, conversationId: string | null, userId: number) {
  if (conversationId === null) return undefined;
  const [group] = await tx.select().from(conversations).where(eq(conversations.id, conversationId));
  return group && roleIn(tx, group, userId);
}

const entryOf = (action: "invite_made" | "invite_revoked", invite: InviteRecord): Entry => ({
  action,
  target: { type: "invite", id: invite.code },
  details: { conversation: invite.conversation?.id ?? null, max_uses: invite.maxUses, uses: invite.uses },
});

/** The invites among the $2 after code $1 that ended long ago, each by the latest of its ends that can be known. */
const ENDED = `WITH piece AS MATERIALIZED (SELECT * FROM invites WHERE code > $1 ORDER BY code LIMIT $2)
  SELECT max(i.code) AS last, count(*)::int AS looked, string_agg(i.code, ' ') FILTER (
    WHERE i.created_at < now() - ${KEPT} AND (
      i.revoked_at < now() - ${KEPT} OR i.expires_at < now() - ${KEPT} OR NOT (${MAKER_IS_IN})
      OR i.uses >= i.max_uses AND NOT EXISTS (SELECT FROM invite_uses WHERE code = i.code AND at > now() - ${KEPT})
    )
  ) AS ended
  FROM piece i JOIN users u ON u.id = i.created_by`;

const FORGET_USES = `DELETE FROM invite_uses WHERE (code, user_id) IN (
    SELECT code, user_id FROM invite_uses WHERE code = ANY ($1::text[]) LIMIT $2
  )`;
const FORGET = `DELETE FROM invites i
  WHERE i.code = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM invite_uses WHERE code = i.code)`;
