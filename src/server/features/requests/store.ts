import { and, eq, isNull } from "drizzle-orm";
import { groupTitle } from "../../../protocol/names.ts";
import type { ConversationRequest } from "../../../protocol/requests.ts";
import { USER_COLUMNS, type UserRow, userOfRow } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { requests } from "../../platform/postgres/schema.ts";
import { iso, ms } from "../../platform/postgres/values.ts";

/** How many of a person's newest requests are read. Older ones appear as these are answered. */
const SHOWN_MAX = 1_000;

type RequestRow = UserRow & {
  id: string;
  conversation_id: string | null;
  created_ms: number;
  name: string | null;
  /** The first names of the group's first three members: JSON as text, which both drivers read alike. */
  first_names: string | null;
};

/** A request that waits for an answer. `conversationId` is null for a 1-on-1. */
export interface OpenRequest {
  fromId: number;
  conversationId: string | null;
}

/** Reads and declines requests. They are made and accepted in the transactions that change conversations. */
export class RequestsStore {
  constructor(private readonly db: Database) {}

  /** The requests that wait for the user's answer, newest first. */
  async list(userId: number, { limit, offset }: { limit: number; offset: number }) {
    const ids = await this.db.query<{ id: string }>(OPEN, [userId, SHOWN_MAX]);
    return { requests: await this.read(ids.slice(offset, offset + limit).map(({ id }) => id)), total: ids.length };
  }

  /** These requests as the asked people see them, answered or not. */
  async read(ids: string[]): Promise<ConversationRequest[]> {
    if (ids.length === 0) return [];
    return (await this.db.query<RequestRow>(REQUESTS, [ids])).map(requestOf);
  }

  /** A request that waits for the user's answer. */
  async find(userId: number, id: string): Promise<OpenRequest | undefined> {
    const rows = await this.db.query<OpenRequest>(FIND, [id, userId]);
    return rows[0];
  }

  /** Returns false when no request of this id waits for the user's answer. */
  async decline(userId: number, id: string): Promise<boolean> {
    const rows = await this.db.run((orm) =>
      orm
        .update(requests)
        .set({ declinedAt: new Date() })
        .where(and(eq(requests.id, id), eq(requests.userId, userId), isNull(requests.declinedAt)))
        .returning({ id: requests.id }),
    );
    return rows.length > 0;
  }
}

/** Whether a request `r` still makes sense: its sender is active and a member of the group, and its aim is not reached. */
const STANDS = `r.declined_at IS NULL AND (SELECT is_active FROM users WHERE id = r.from_id)
  AND CASE WHEN r.conversation_id IS NULL THEN NOT EXISTS (
    SELECT FROM conversations
    WHERE pair_low = least(r.from_id, r.user_id) AND pair_high = greatest(r.from_id, r.user_id) OFFSET 0
  ) ELSE EXISTS (
    SELECT FROM participants WHERE conversation_id = r.conversation_id AND user_id = r.from_id OFFSET 0
  ) AND NOT EXISTS (
    SELECT FROM participants WHERE conversation_id = r.conversation_id AND user_id = r.user_id OFFSET 0
  ) END`;

/** The requests that wait for $1, newest first, $2 at most. */
const OPEN = `SELECT r.id FROM (
    SELECT * FROM requests WHERE user_id = $1 AND declined_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2
  ) r WHERE ${STANDS} ORDER BY r.created_at DESC, r.id DESC`;

const FIND = `SELECT r.from_id AS "fromId", r.conversation_id AS "conversationId"
  FROM requests r WHERE r.id = $1 AND r.user_id = $2 AND r.declined_at IS NULL
    AND (SELECT is_active FROM users WHERE id = r.from_id)`;

const REQUESTS = `SELECT r.id, r.conversation_id, ${ms("r.created_at")} AS created_ms, ${USER_COLUMNS}, c.name, shown.first_names
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, n)
  CROSS JOIN LATERAL (SELECT * FROM requests WHERE id = asked.id OFFSET 0) r
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = r.from_id OFFSET 0) u
  LEFT JOIN LATERAL (SELECT name FROM conversations WHERE id = r.conversation_id OFFSET 0) c ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(person.first_name ORDER BY place.ordinal)::text AS first_names FROM (
      SELECT user_id, ordinal FROM participants WHERE conversation_id = r.conversation_id ORDER BY ordinal LIMIT 3
    ) place CROSS JOIN LATERAL (SELECT first_name FROM users WHERE id = place.user_id OFFSET 0) person
  ) shown ON true
  ORDER BY asked.n`;

function requestOf(row: RequestRow): ConversationRequest {
  const { id, conversation_id, name, first_names } = row;
  const firstNames: string[] = JSON.parse(first_names ?? "[]");
  const conversation =
    conversation_id === null ? null : { id: conversation_id, display_name: name ?? groupTitle(firstNames) };
  return { id, from: userOfRow(row), conversation, created_at: iso(row.created_ms) };
}
