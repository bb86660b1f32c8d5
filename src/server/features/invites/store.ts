import { and, eq, type SQL, sql } from "drizzle-orm";
import { LISTED_MOST } from "../../../protocol/admin.ts";
import type { InviteState } from "../../../protocol/invites.ts";
import { Failure } from "../../base/failure.ts";
import type { NewUser } from "../../log/ports.ts";
import { iso, ms, USER_COLUMNS, type UserRow, userOf, userOfRow } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { conversations, invites, inviteUses, participants, users } from "../../platform/postgres/schema.ts";
import { may, roleIn } from "../../rights/may.ts";
import { audited, type Entry, rowsOf } from "../admin/audited.ts";
import type { Admin } from "../admin/ports.ts";
import { comeIn, lockConversation } from "../members/alter.ts";
import {
  type InviteRecord,
  type InviteStore,
  inviteEnded,
  type Joined,
  type NewInvite,
  notForRegistering,
} from "./service.ts";

/** Invites of one person that work at the same time. */
const WORKING_MOST = 100;
/** The newest of theirs, among which these are counted. */
const LOOKED_AT_MOST = 1_000;
/** Ended invites are kept for so long, for those who look where people came from. */
const KEPT = "interval '90 days'";

type InviteRow = UserRow & {
  code: string;
  conversation_id: string | null;
  name: string | null;
  participant_count: number | null;
  first_names: string;
  is_superuser: boolean;
  begun_ms: number;
  expires_ms: number | null;
  max_uses: number | null;
  uses: number;
  state: InviteState;
};

/** Whether the maker of `invites i` has still what they made it by: they are in the group since then, or a superuser. */
const MAKER_IS_IN = `u.is_active AND CASE WHEN i.conversation_id IS NULL THEN u.is_superuser ELSE EXISTS (
    SELECT FROM participants p
    WHERE p.conversation_id = i.conversation_id AND p.user_id = i.created_by AND p.joined_at <= i.created_at
  ) END`;

/** Of `invites i` and their makers `users u`. The clock is read anew: who waited for a lock comes after the wait. */
const STATE = `CASE
    WHEN i.revoked_at IS NOT NULL OR NOT (${MAKER_IS_IN}) THEN 'revoked'
    WHEN i.expires_at <= clock_timestamp() THEN 'expired'
    WHEN i.uses >= i.max_uses THEN 'used_up'
    ELSE 'active'
  END`;

/** The columns told of the invites that the subquery between these two gives. */
const ABOUT = `SELECT ${USER_COLUMNS}, u.is_superuser, i.code, i.conversation_id, i.max_uses, i.uses,
    c.name, c.participant_count, coalesce(people.first_names, '') AS first_names,
    ${ms("i.created_at")} AS begun_ms, ${ms("i.expires_at")} AS expires_ms, ${STATE} AS state
  FROM (`;
const SOME = `) i
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.created_by OFFSET 0) u
  LEFT JOIN LATERAL (SELECT * FROM conversations WHERE id = i.conversation_id OFFSET 0) c ON true
  LEFT JOIN LATERAL (
    SELECT string_agg(first.first_name, ', ' ORDER BY first.ordinal) AS first_names FROM (
      SELECT m.first_name, p.ordinal FROM participants p JOIN users m ON m.id = p.user_id
      WHERE p.conversation_id = i.conversation_id AND c.name IS NULL ORDER BY p.ordinal LIMIT 3
    ) first
  ) people ON true
  ORDER BY i.created_at DESC, i.code`;

export class PostgresInvites implements InviteStore {
  /** Where tidying up goes on. */
  private tidiedUpTo = "";

  constructor(private readonly db: Database) {}

  async find(code: string) {
    const [row] = await this.db.query<InviteRow>(`${ABOUT} SELECT * FROM invites WHERE code = $1 ${SOME}`, [code]);
    return row && recordOf(row);
  }

  async list({ conversationId, makerId, limit, offset }: Parameters<InviteStore["list"]>[0]) {
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
    const found = counted?.found ?? 0;
    return { invites: rows.map(recordOf), total: Math.min(found, LISTED_MOST), isExact: found <= LISTED_MOST };
  }

  create(by: Admin | undefined, invite: NewInvite): Promise<InviteRecord> {
    if (by === undefined) return this.db.transaction((tx) => insert(tx, invite));
    return audited(this.db, by, async (tx) => {
      const made = await insert(tx, invite);
      return { outcome: made, entries: [entryOf("invite_made", made)] };
    });
  }

  async revoke(by: Admin | undefined, code: string, userId: number) {
    if (by === undefined) await this.db.transaction((tx) => revoke(tx, code, userId));
    else
      await audited(this.db, by, async (tx) => {
        const revoked = await revoke(tx, code, undefined);
        return { outcome: undefined, entries: revoked ? [entryOf("invite_revoked", revoked)] : [] };
      });
  }

  accept(code: string, userId: number, max: number): Promise<Joined> {
    return this.db.transaction(async (tx) => {
      const { invite, group } = await lockInvite(tx, code);
      // A person who can sign in is on the server already.
      if (!group) return NOWHERE;
      return { conversationId: group.id, ...(await comeIn(tx, group, userId, max, () => use(tx, invite, userId))) };
    });
  }

  register(code: string, user: NewUser, { max, everybodys }: { max: number; everybodys: boolean }) {
    return this.db.transaction(async (tx) => {
      const { invite, group } = await lockInvite(tx, code);
      if (!everybodys && !invite.createdBy.isSuperuser) throw notForRegistering();
      const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return undefined;
      const admit = () => use(tx, invite, row.id);
      const made = { user: userOf(row) };
      if (group) return { ...made, conversationId: group.id, ...(await comeIn(tx, group, row.id, max, admit)) };
      await admit();
      return { ...made, ...NOWHERE };
    });
  }

  async tidy() {
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

/** Of an invite to the server alone. */
const NOWHERE: Joined = { conversationId: undefined, change: undefined, ended: [] };

/** The conversation's row is locked before the invite's: so does the one who removes a conversation, and its invites with it. */
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

/** Counts a person who comes in by a locked invite. A person who did so before does not count again. */
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
    // A clock that was set back in between must not make it older than the membership that it lives by.
    since = sql`greatest(clock_timestamp(), (SELECT joined_at FROM participants WHERE ${place}))`;
  }
  // Locked, so that those who are made at the same moment are counted one after the other.
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

/** Whose invites those of the command line are. */
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

/** @param userId who must be its maker or the group's owner; undefined: a superuser, for whom it need not be so */
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

/** A person who is deactivated, or no longer a superuser, loses the invites they made as such. The invites do not come back with the right. */
export async function revokeInvitesOf(tx: Transaction, userId: number, { all }: { all: boolean }): Promise<void> {
  const which = all ? undefined : sql`${invites.conversationId} IS NULL`;
  await tx
    .update(invites)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(invites.createdBy, userId), sql`${invites.revokedAt} IS NULL`, which));
}

const entryOf = (action: "invite_made" | "invite_revoked", invite: InviteRecord): Entry => ({
  action,
  target: { type: "invite", id: invite.code },
  details: { conversation: invite.conversation?.id ?? null, max_uses: invite.maxUses, uses: invite.uses },
});

const recordOf = (row: InviteRow): InviteRecord => ({
  code: row.code,
  conversation:
    row.conversation_id === null
      ? undefined
      : {
          id: row.conversation_id,
          name: row.name,
          displayName: row.name ?? `Group with ${row.first_names}`,
          participantCount: row.participant_count ?? 0,
        },
  createdBy: { id: row.user_id, fullName: userOfRow(row).full_name, isSuperuser: row.is_superuser },
  createdAt: iso(row.begun_ms),
  expiresAt: row.expires_ms === null ? null : iso(row.expires_ms),
  maxUses: row.max_uses,
  uses: row.uses,
  state: row.state,
});

/** Of the $2 invites after the code $1 those that ended long ago, each by the latest of its ends that can be known. */
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
