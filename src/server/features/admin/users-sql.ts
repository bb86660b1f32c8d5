import { LISTED_MOST } from "../../../protocol/admin.ts";
import { chunks } from "../../base/pieces.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { BEYOND_ALL, type IdsRow, idsOf } from "../../platform/postgres/search.ts";
import { numbersOf } from "../../platform/postgres/values.ts";
import { atMost, isIn, LOOKED_THROUGH_MOST, pageOf } from "./listed.ts";
import { ADMIN_USER_COLUMNS } from "./rows.ts";

export interface Flags {
  isActive: boolean | undefined;
  isSuperuser: boolean | undefined;
}

const flag = (name: string, wanted: boolean | undefined) =>
  wanted === undefined ? [] : [wanted ? name : `NOT ${name}`];

/** The flags are written out: PostgreSQL does not use a partial index for a parameter. */
const whereOf = ({ isActive, isSuperuser }: Flags) =>
  ["true", ...flag("u.is_active", isActive), ...flag("u.is_superuser", isSuperuser)].join(" AND ");

const SHOWN = { columns: ADMIN_USER_COLUMNS, table: "users", as: "u" };

/** A list of all users, newest first. */
export const userListOf = (flags: Flags): string =>
  pageOf(
    `listed AS MATERIALIZED (SELECT u.id FROM users u WHERE ${whereOf(flags)} ORDER BY u.id DESC ${atMost(LISTED_MOST)})`,
    "false",
    SHOWN,
  );

/**
 * The ids of users with the text in their name or e-mail, newest first. When the index finds too many, the newest users
 * with these flags are searched as well. The list is cut unless one of the two ways has read all users.
 */
export async function findUsers(
  db: Database,
  search: string,
  flags: Flags,
): Promise<{ ids: number[]; isCut: boolean }> {
  const where = whereOf(flags);
  const found = new Set<number>();
  let isComplete = false;
  if (db.searchesByIndex) {
    const [row] = await db.bulk<{ ids: string }>(INDEXED, [search, LISTED_MOST + 1]);
    const indexed = numbersOf(row?.ids ?? "{}");
    isComplete = indexed.length <= LISTED_MOST;
    for (const some of chunks(indexed, db.pieceRows))
      for (const { id } of await db.bulk<{ id: number }>(
        `SELECT u.id FROM unnest($1::integer[]) AS asked (id)
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u WHERE ${where}`,
        [some],
      ))
        found.add(id);
  }
  let looked = 0;
  const piece = idsOf("users", "u", isIn("u.folded", "$1"), `u.id < $2::bigint AND ${where}`);
  for (let before = BEYOND_ALL; !isComplete && looked < LOOKED_THROUGH_MOST; ) {
    const [row] = await db.bulk<IdsRow>(piece, [search, before, db.pieceRows]);
    for (const id of numbersOf(row?.ids ?? "{}")) found.add(id);
    looked += row?.looked ?? 0;
    isComplete = !row || row.looked < db.pieceRows;
    before = Number(row?.oldest ?? 0);
  }
  return { ids: [...found].sort((a, b) => b - a), isCut: !isComplete };
}

const INDEXED = "SELECT coalesce(array_agg(id), '{}')::text AS ids FROM confab_found_users($1, $2) AS id";

/** The users $1, newest first. */
export const USERS_OF = `SELECT ${ADMIN_USER_COLUMNS} FROM unnest($1::integer[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u ORDER BY u.id DESC`;
