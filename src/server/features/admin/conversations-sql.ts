import { LISTED_MOST } from "../../../protocol/admin.ts";
import { atMost, isIn, isMoreThan, LOOKED_THROUGH_MOST, pageOf } from "./listed.ts";
import { CONVERSATION_COLUMNS } from "./rows.ts";

/** The most people found by the index whose conversations are looked up. */
const PEOPLE_FOUND_MOST = 1_000;

const SHOWN = { columns: CONVERSATION_COLUMNS, table: "conversations", as: "c" };
const isFull = (name: string) => isMoreThan(LOOKED_THROUGH_MOST - 1, name);

/** Ids are made in the order of time, so the last id is the newest. Threads stand in no list: they belong to a conversation. */
const NEWEST = `SELECT id FROM conversations WHERE parent_id IS NULL ORDER BY id DESC`;

const IS_NO_THREAD = "(SELECT c.parent_id IS NULL FROM conversations c WHERE c.id = p.conversation_id)";

const OWN_IS_CUT = isMoreThan(LISTED_MOST, "some_own");
/**
 * The conversations of one person, at most as many as a list shows. When there are more, the statement also searches
 * the newest memberships of all people for this person.
 */
const ownOf = (person: string) => `some_own AS MATERIALIZED (
    SELECT conversation_id AS id FROM participants p WHERE user_id = ${person} AND ${IS_NO_THREAD} ${atMost(LISTED_MOST)}
  ), own AS MATERIALIZED (
    SELECT id FROM some_own
    UNION SELECT id FROM (
      SELECT conversation_id AS id, user_id FROM participants p WHERE ${OWN_IS_CUT} AND ${IS_NO_THREAD}
      ORDER BY conversation_id DESC LIMIT ${LOOKED_THROUGH_MOST}
    ) places WHERE user_id = ${person}
  )`;

/** Found by the indexes. $3 is the text in the conversation's or a member's name; $4 is the id itself. */
const INDEXED = `people AS MATERIALIZED (
    SELECT id FROM confab_found_users($3, ${PEOPLE_FOUND_MOST + 1}) AS id
  ), theirs AS MATERIALIZED (
    SELECT p.id FROM people CROSS JOIN LATERAL (
      SELECT conversation_id AS id FROM participants p WHERE user_id = people.id AND ${IS_NO_THREAD} OFFSET 0
    ) p ${atMost(LISTED_MOST)}
  ), named AS MATERIALIZED (
    SELECT id FROM confab_found_conversations($3, ${LISTED_MOST + 1}) AS id
  ), indexes AS MATERIALIZED (
    SELECT ${[
      isMoreThan(PEOPLE_FOUND_MOST, "people"),
      isMoreThan(LISTED_MOST, "theirs"),
      isMoreThan(LISTED_MOST, "named"),
    ].join(" OR ")} AS have_more
  )`;
const HAVE_MORE = "(SELECT have_more FROM indexes)";

/** When the indexes have more, the statement also searches the newest of these conversations and their members. */
const lookedThrough = (ids: string) => `newest AS MATERIALIZED (
    SELECT c.id, c.name FROM (SELECT id FROM (${ids}) ids WHERE ${HAVE_MORE} LIMIT ${LOOKED_THROUGH_MOST}) asked
    CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.id OFFSET 0) c
  ), places AS MATERIALIZED (
    SELECT p.id, p.user_id FROM (SELECT id FROM newest ORDER BY id DESC) newest CROSS JOIN LATERAL (
      SELECT conversation_id AS id, user_id FROM participants WHERE conversation_id = newest.id OFFSET 0
    ) p LIMIT ${LOOKED_THROUGH_MOST}
  ), found AS MATERIALIZED (
    SELECT id FROM theirs UNION SELECT id FROM named UNION SELECT id FROM conversations WHERE id = $4
    UNION SELECT id FROM newest WHERE ${isIn("confab_folded(name)", "$3")}
    UNION SELECT id FROM places WHERE user_id IN (
      SELECT u.id FROM (SELECT DISTINCT user_id FROM places) who
      CROSS JOIN LATERAL (SELECT * FROM users WHERE id = who.user_id OFFSET 0) u WHERE ${isIn("u.folded", "$3")}
    )
  )`;
const FOUND_IS_CUT = `${HAVE_MORE} AND (${isFull("newest")} OR ${isFull("places")})`;

const ALL = pageOf(`listed AS MATERIALIZED (${NEWEST} ${atMost(LISTED_MOST)})`, "false", SHOWN);
const OWN = pageOf(`${ownOf("$3")}, listed AS (SELECT id FROM own)`, "false", SHOWN);
const FOUND = pageOf(`${INDEXED}, ${lookedThrough(NEWEST)}, listed AS (SELECT id FROM found)`, FOUND_IS_CUT, SHOWN);
const FOUND_OWN = pageOf(
  `${INDEXED}, ${ownOf("$5")}, ${lookedThrough("SELECT id FROM own ORDER BY id DESC")}, listed AS MATERIALIZED (
    SELECT found.id FROM found CROSS JOIN LATERAL (
      SELECT FROM participants WHERE conversation_id = found.id AND user_id = $5 OFFSET 0
    ) place
  )`,
  `${HAVE_MORE} AND (${OWN_IS_CUT} OR ${isFull("newest")} OR ${isFull("places")})`,
  SHOWN,
);

/** A list of conversations, newest first. */
export function conversationListOf({ isSearched, isOwn }: { isSearched: boolean; isOwn: boolean }): string {
  if (isSearched) return isOwn ? FOUND_OWN : FOUND;
  return isOwn ? OWN : ALL;
}
