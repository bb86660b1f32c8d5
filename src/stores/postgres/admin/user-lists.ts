import { LISTED_MOST } from "../../../protocol/admin.ts";
import { atMost, isIn, isMoreThan, LOOKED_THROUGH_MOST, pageOf, USER_TEXT } from "./listed.ts";
import { ADMIN_USER_COLUMNS } from "./rows.ts";

const flag = (name: string, wanted: boolean | undefined) =>
  wanted === undefined ? [] : [wanted ? name : `NOT ${name}`];

const SHOWN = { columns: ADMIN_USER_COLUMNS, table: "users", as: "u" };

const IS_CUT = isMoreThan(LISTED_MOST, "indexed");

/**
 * Users who have $3 in their name or e-mail. The index finds some; where there are more, the newest of those whom the
 * flags let through are looked through too: if these are all of them, none is missing.
 */
const foundOf = (conditions: string[]) => `indexed AS MATERIALIZED (
    SELECT id FROM confab_found_users($3, ${LISTED_MOST + 1}) AS id
  ), newest AS MATERIALIZED (
    SELECT u.id, ${isIn(USER_TEXT, "$3")} AS is_found FROM (
      SELECT * FROM users u WHERE ${[IS_CUT, ...conditions].join(" AND ")} ORDER BY u.id DESC LIMIT ${LOOKED_THROUGH_MOST}
    ) u
  ), listed AS MATERIALIZED (
    SELECT u.id FROM indexed CROSS JOIN LATERAL (SELECT * FROM users WHERE id = indexed.id OFFSET 0) u
    WHERE ${["true", ...conditions].join(" AND ")}
    UNION SELECT id FROM newest WHERE is_found
  )`;

/**
 * A list of users, newest first. The conditions are written out: an index of those for whom one holds is not taken for a
 * parameter.
 */
export function userListOf(asked: {
  isSearched: boolean;
  isActive: boolean | undefined;
  isSuperuser: boolean | undefined;
}): string {
  const conditions = [...flag("u.is_active", asked.isActive), ...flag("u.is_superuser", asked.isSuperuser)];
  if (asked.isSearched) {
    const isCut = `${IS_CUT} AND ${isMoreThan(LOOKED_THROUGH_MOST - 1, "newest")}`;
    return pageOf(foundOf(conditions), isCut, SHOWN);
  }
  const where = ["true", ...conditions].join(" AND ");
  const listed = `SELECT u.id FROM users u WHERE ${where} ORDER BY u.id DESC ${atMost(LISTED_MOST)}`;
  return pageOf(`listed AS MATERIALIZED (${listed})`, "false", SHOWN);
}
