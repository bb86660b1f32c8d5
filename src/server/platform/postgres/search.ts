import { codePoints } from "../../../protocol/content.ts";
import type { Database } from "./database.ts";
import { numbersOf } from "./values.ts";

/** When more people than this match a search, a walk through everybody soon finds the newest of them. */
const FOUND_MOST = 10_000;

/**
 * The SQL condition that a text contains a search, both folded. The subquery is computed once, not for each row.
 * @param folded the text, as `confab_folded` makes it
 * @param sought the parameter that has the search
 */
export const has = (folded: string, sought: string) =>
  `strpos(${folded}, (SELECT substr(confab_folded(${sought}), 3))) > 0`;

/**
 * The ids of all users who have the text in their name or e-mail; `undefined` when they are too many. The index answers. On
 * a database where a search may not use it, pieces of the whole table do.
 */
export async function foundUsers(db: Database, search: string, most = FOUND_MOST): Promise<number[] | undefined> {
  const bound = Math.min(most, db.pieceRows);
  if (!db.searchesByIndex) return walkUsers(db, HAS_TEXT, search, bound);
  // The index finds shorter texts only where a word begins.
  if (codePoints(search) < 3) return undefined;
  const rows = await db.bulk<{ id: number }>("SELECT id FROM confab_found_users($1, $2) AS id", [search, bound + 1]);
  return rows.length > bound ? undefined : rows.map(({ id }) => id);
}

/** The condition that a user `u` has $1 in their name or e-mail. */
const HAS_TEXT = has("u.folded", "$1");

/** A cursor that is beyond all users. */
export const BEYOND_ALL = 2 ** 31;

/** The ids of all users `u` for whom a condition on $1 holds; `undefined` where they are more than `most`. */
async function walkUsers(db: Database, condition: string, parameter: string, most: number) {
  const found: number[] = [];
  for (let before = BEYOND_ALL; ; ) {
    const [piece] = await db.bulk<IdsRow>(idsOf("users", "u", condition, "id < $2::bigint"), [
      parameter,
      before,
      db.pieceRows,
    ]);
    found.push(...numbersOf(piece?.ids ?? "{}"));
    if (found.length > most) return undefined;
    if (!piece || piece.looked < db.pieceRows || piece.oldest === null) return found;
    before = Number(piece.oldest);
  }
}

/** The results of one piece of a search, an array as text, and the last row that it read. */
export interface IdsRow {
  looked: number;
  oldest: string | null;
  ids: string;
}

/**
 * One piece of a search, newest first. It reads $3 rows for which `within` holds, and finds those for which `condition`
 * holds too.
 */
export const idsOf = (table: string, as: string, condition: string, within: string) => `SELECT count(*)::int AS looked,
    (array_agg(piece.id ORDER BY piece.id))[1]::text AS oldest,
    coalesce(array_agg(piece.id ORDER BY piece.id DESC) FILTER (WHERE piece.is_found), '{}')::text AS ids
  FROM (
    SELECT ${as}.id, (${condition}) IS TRUE AS is_found
    FROM (SELECT * FROM ${table} ${as} WHERE ${within} ORDER BY id DESC LIMIT $3) ${as}
  ) piece`;
