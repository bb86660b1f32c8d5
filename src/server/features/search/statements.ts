import type { ConversationKind } from "../../../protocol/conversations.ts";
import { KIND } from "../../log/head.ts";
import { MESSAGE_COLUMNS, type MessageRow } from "../../log/rows.ts";
import { ms } from "../../platform/postgres/values.ts";

const at = (parameter: string) => `to_timestamp(${parameter}::double precision / 1000)`;

/** Nothing is sent after it. */
const END = "to_timestamp(253402300800)";

const OTHER =
  "CASE WHEN NOT place.is_group THEN CASE WHEN place.pair_low = $1 THEN place.pair_high ELSE place.pair_low END END";

export const NAMED_PLACES = `SELECT place.id, place.name, ${OTHER} AS "otherId"
  FROM (SELECT conversation_id FROM participants WHERE user_id = $1 OFFSET 0) p
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id AND parent_id IS NULL OFFSET 0) place`;

/** Without a query every row is found. */
const found = (query: string) => `(${query}::text IS NULL OR v @@ ${query}::text::tsquery) AS is_found`;
const COLUMNS = "conversation_id, seq, last_seq, first_at, at, v";

/** Counts the messages and the runs that were looked at, and those that have the lexemes. Null: lexemes are not counted. */
const near = (lookUp: string) => `coalesce(sum(last_seq - seq + 1), 0)::integer AS messages,
    (count(*) FILTER (WHERE last_seq > seq))::integer AS runs,
    (count(*) FILTER (WHERE CASE WHEN is_found THEN true ELSE v @@ ${lookUp}::text::tsquery END))::integer AS near,
    (count(*) FILTER (WHERE CASE WHEN is_found OR last_seq = seq THEN last_seq > seq ELSE v @@ ${lookUp}::text::tsquery END)
    )::integer AS near_runs`;

/** Rows as JSON. A run says which of its messages have the lexemes. */
const rows = (lexemes: string) => `count(*)::integer AS looked, coalesce(json_agg(json_build_array(
    conversation_id, seq, last_seq, ${ms("first_at")}, ${ms("at")},
    CASE WHEN last_seq > seq THEN ts_filter(setweight(v, 'A', ${lexemes}::text[]), '{a}')::text END
  )) FILTER (WHERE is_found), '[]')::text AS rows`;

interface WindowParts {
  places: string;
  from: string;
  to: string;
  query: string;
  most: string;
}

/** The last part finds runs that began in the window and ended after it. Of runs that end in one ms, only the first can. */
const window = ({ places, from, to, query, most }: WindowParts) => `(
    SELECT ${COLUMNS}, ${found(query)} FROM found
    WHERE place_id = ANY (${places}) AND at >= ${from} AND at < ${to} LIMIT ${most}
  ) UNION ALL (
    SELECT ${COLUMNS}, ${found(query)} FROM unnest(${places}) AS asked (id)
    CROSS JOIN LATERAL (
      SELECT * FROM found WHERE place_id = asked.id AND last_seq > seq AND at >= ${to} ORDER BY at, first_at LIMIT 1
    ) f
    WHERE ${to} < ${END} AND first_at < ${to}
  )`;

export const WINDOW = `SELECT ${rows("$5")}, ${near("$7")} FROM (${window({
  places: "$1::uuid[]",
  from: at("$2"),
  to: at("$3"),
  query: "$4",
  most: "$6",
})}) piece`;

/**
 * Between two rows of "changes" every version is a message, so the nearest one before says which seq the cursor has. Where
 * only members or marks are new, nothing is behind.
 */
const behind = (conversations: string, follower: string) => `SELECT * FROM (
    SELECT c.id AS "conversationId", c.last_seq::double precision AS "lastSeq", coalesce(
      (SELECT least(last_seq + (f.version - version), c.last_seq) FROM changes
       WHERE conversation_id = c.id AND version <= f.version ORDER BY version DESC LIMIT 1),
      c.pruned_seq + greatest(0, f.version - c.pruned_version), c.pruned_seq
    )::double precision AS "indexedSeq"
    FROM ${conversations}
    LEFT JOIN LATERAL (
      SELECT version FROM follower_cursors WHERE follower = ${follower} AND conversation_id = c.id OFFSET 0
    ) f ON true
    WHERE coalesce(f.version, 0) < c.last_version
  ) late WHERE "indexedSeq" < "lastSeq"`;
export const BEHIND_IN_ONE = behind("(SELECT * FROM conversations WHERE id = $1::uuid) c", "$2::text");
const BEHIND_IN_MINE = behind(
  `mine CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT * FROM conversations WHERE id = mine.id AND parent_id IS NULL
        UNION ALL SELECT * FROM conversations WHERE parent_id = mine.id
      ) u OFFSET 0
    ) c`,
  "$11::text",
);

/** This many rows of a place tell how many messages it has in a time. */
const NEAREST = 3;

/**
 * The window is to have about $8 rows. Its length follows from the nearest rows of each place, as if they went on like that.
 */
const begin = (isOldest: boolean) => {
  const edge = `to_timestamp((SELECT edge FROM bound) / 1000)`;
  return `WITH mine AS MATERIALIZED (
    SELECT conversation_id AS id FROM participants
    WHERE user_id = $1 AND ($2::uuid[] IS NULL OR conversation_id = ANY ($2::uuid[]))
  ), near AS MATERIALIZED (
    SELECT n.* FROM (SELECT id FROM mine LIMIT $9) few CROSS JOIN LATERAL (
      SELECT max(ms) AS newest, min(ms) AS oldest, count(*) AS many FROM (
        SELECT ${ms("at")} AS ms FROM found WHERE place_id = few.id AND at >= ${at("$3")} AND at < ${at("$4")}
        ORDER BY at ${isOldest ? "ASC" : "DESC"} LIMIT ${NEAREST}
      ) nearest
    ) n WHERE n.many > 0
  ), start AS MATERIALIZED (
    SELECT ${isOldest ? "min(oldest)" : "max(newest)"} AS ms FROM near
  ), rate AS MATERIALIZED (
    SELECT sum(many / (1 + ${isOldest ? "newest - (SELECT ms FROM start)" : "(SELECT ms FROM start) - oldest"})) AS rate FROM near
  ), bound AS MATERIALIZED (
    SELECT ${
      isOldest
        ? "least($4::double precision, (SELECT ms FROM start) + ceil($8::double precision / rate))"
        : "greatest($3::double precision, (SELECT ms FROM start) - ceil($8::double precision / rate))"
    } AS edge FROM rate
  ), whole AS MATERIALIZED (
    SELECT count(*) <= $9 AS whole FROM mine
  )
  SELECT ${rows("$6")}, ${near("$10")}, (SELECT string_agg(id::text, ' ') FROM mine) AS ids, (SELECT ms FROM start) AS start,
    (SELECT rate FROM rate) AS rate, (SELECT edge FROM bound) AS edge, (SELECT whole FROM whole) AS whole,
    (SELECT coalesce(json_agg(late), '[]')::text FROM (${BEHIND_IN_MINE} LIMIT $12) late) AS behind
  FROM (${window({
    places: "ARRAY(SELECT id FROM mine WHERE (SELECT whole FROM whole))",
    from: isOldest ? at("$3") : `coalesce(${edge}, ${at("$3")})`,
    to: isOldest ? `coalesce(${edge}, ${at("$4")})` : at("$4"),
    query: "$5",
    most: "$7",
  })}) piece`;
};
export const BEGIN = { newest: begin(false), oldest: begin(true) };

const walk = (within: string, order: string, edge: string, edgeAt: string) => `SELECT ${rows("$4")},
    ${edge}::double precision AS edge, ${ms(edgeAt)} AS edge_ms
  FROM (
    SELECT ${COLUMNS}, ${found("$3")} FROM found WHERE conversation_id = $1 AND ${within} ORDER BY seq ${order} LIMIT $5
  ) piece`;
export const WALK = {
  down: walk("seq <= $2", "DESC", "min(seq)", "min(first_at)"),
  /** The row of $2 may begin up to a run before it. */
  up: walk("seq > $2::bigint - 16 AND last_seq >= $2", "ASC", "max(last_seq)", "max(at)"),
};

export const RARE = `SELECT is_all, looked, rows FROM confab_found_rare(
    $1::text::tsquery, $2::text::tsquery, $3::text[], $4::uuid[], ${at("$5")}, ${at("$6")}, $7::boolean,
    $8::boolean, $9::integer, $10::integer)`;

/** A message and its conversation. */
export interface ReadRow extends MessageRow {
  kind: ConversationKind;
  name: string | null;
  parentId: string | null;
  rootSeq: number | null;
  otherId: number | null;
}

/**
 * Texts in ASCII, without files, are compared with patterns first. The members of a thread are those of its parent.
 */
export const READ = `SELECT ${MESSAGE_COLUMNS}, ${KIND} AS kind, place.name, c.parent_id AS "parentId",
    c.root_seq::double precision AS "rootSeq", ${OTHER} AS "otherId"
  FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS asked (id, first, last)
  CROSS JOIN LATERAL (
    SELECT * FROM messages
    WHERE conversation_id = asked.id AND seq >= asked.first AND seq <= asked.last
      AND deleted_at IS NULL AND created_at >= ${at("$5")} AND created_at < ${at("$6")}
      AND ($7::integer[] IS NULL OR sender_id = ANY ($7::integer[]))
      AND (octet_length(content) > char_length(content) OR (fields ? 'files') IS TRUE
        OR lower(content COLLATE "C") LIKE ALL ($8::text[]) AND (
          lower(content COLLATE "C") ~ ALL ($9::text[])
          OR content COLLATE "C" ~ '[a-z][A-Z]|[A-Z][A-Z][a-z]|[0-9][A-Za-z]|[A-Za-z][0-9]'
        ))
    OFFSET 0
  ) m
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = m.conversation_id OFFSET 0) c
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = coalesce(c.parent_id, c.id) OFFSET 0) place
  CROSS JOIN LATERAL (SELECT FROM participants WHERE conversation_id = place.id AND user_id = $1 OFFSET 0) member`;
