import type { InviteState } from "../../../protocol/invites.ts";
import { groupTitle } from "../../../protocol/names.ts";
import { USER_COLUMNS, type UserRow, userOfRow } from "../../log/rows.ts";
import { iso, ms } from "../../platform/postgres/values.ts";
import type { InviteRecord } from "./records.ts";

/** An invite with its maker and its group, as the hand-written statements select it. */
export type InviteRow = UserRow & {
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

/** Whether the maker of `invites i` may still invite: a member of the group since then, or a superuser. */
export const MAKER_IS_IN = `u.is_active AND CASE WHEN i.conversation_id IS NULL THEN u.is_superuser ELSE EXISTS (
    SELECT FROM participants p
    WHERE p.conversation_id = i.conversation_id AND p.user_id = i.created_by AND p.joined_at <= i.created_at
  ) END`;

/** The state of `invites i` with the makers `users u`. `clock_timestamp()` counts the time that was spent waiting for a lock. */
export const STATE = `CASE
    WHEN i.revoked_at IS NOT NULL OR NOT (${MAKER_IS_IN}) THEN 'revoked'
    WHEN i.expires_at <= clock_timestamp() THEN 'expired'
    WHEN i.uses >= i.max_uses THEN 'used_up'
    ELSE 'active'
  END`;

/** Put a subquery of invites between ABOUT and SOME to select them as `InviteRow`s. */
export const ABOUT = `SELECT ${USER_COLUMNS}, u.is_superuser, i.code, i.conversation_id, i.max_uses, i.uses,
    c.name, c.participant_count, coalesce(people.first_names, '') AS first_names,
    ${ms("i.created_at")} AS begun_ms, ${ms("i.expires_at")} AS expires_ms, ${STATE} AS state
  FROM (`;
export const SOME = `) i
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.created_by OFFSET 0) u
  LEFT JOIN LATERAL (SELECT * FROM conversations WHERE id = i.conversation_id OFFSET 0) c ON true
  LEFT JOIN LATERAL (
    SELECT string_agg(first.first_name, ', ' ORDER BY first.ordinal) AS first_names FROM (
      SELECT m.first_name, p.ordinal FROM participants p JOIN users m ON m.id = p.user_id
      WHERE p.conversation_id = i.conversation_id AND c.name IS NULL ORDER BY p.ordinal LIMIT 3
    ) first
  ) people ON true
  ORDER BY i.created_at DESC, i.code`;

export const recordOf = (row: InviteRow): InviteRecord => ({
  code: row.code,
  conversation:
    row.conversation_id === null
      ? undefined
      : {
          id: row.conversation_id,
          name: row.name,
          displayName: row.name ?? groupTitle([row.first_names]),
          participantCount: row.participant_count ?? 0,
        },
  createdBy: { id: row.user_id, fullName: userOfRow(row).full_name, isSuperuser: row.is_superuser },
  createdAt: iso(row.begun_ms),
  expiresAt: row.expires_ms === null ? null : iso(row.expires_ms),
  maxUses: row.max_uses,
  uses: row.uses,
  state: row.state,
});
