import { LISTED_MOST } from "../../../protocol/admin.ts";
import type { Total } from "./ports.ts";

/**
 * The newest that are looked through, one by one, where an index finds more than a list shows: it finds them in no order,
 * and those that one wants to see first would be missing.
 */
export const LOOKED_THROUGH_MOST = 20_000;

/** The counts of a list: of what was found, LISTED_MOST + 1 or more where there are so many; cut, what was looked in is a part. */
export interface Counted {
  found: number;
  is_cut: boolean;
}

export const totalOf = ({ found, is_cut }: Counted = { found: 0, is_cut: false }): Total => ({
  total: Math.min(found, LISTED_MOST),
  isExact: found <= LISTED_MOST && !is_cut,
});

// Parts of statements. One more than is wanted tells that there are more.
export const atMost = (most: number) => `LIMIT ${most + 1}`;
export const isMoreThan = (most: number, name: string) => `(SELECT count(*) > ${most} FROM ${name})`;

/** Whether a folded text has it, as `confab_found_users` and `confab_found_conversations` ask. */
export const isIn = (folded: string, search: string) => `strpos(${folded}, (SELECT confab_sought(${search}))) > 0`;

/** Which rows a list shows: their columns, as those of the table by its short name. */
interface Shown {
  columns: string;
  table: string;
  as: string;
}

/**
 * A page, newest first, of $1 from the $2th on, of what is `listed`; none has anything beyond the end of the list. Where
 * it is empty, one row has the counts.
 */
export const pageOf = (parts: string, isCut: string, { columns, table, as }: Shown) => `WITH ${parts},
  page AS MATERIALIZED (
    SELECT id FROM listed ORDER BY id DESC
    LIMIT greatest(0, least($1::integer, ${LISTED_MOST} - $2::integer)) OFFSET $2::integer
  )
  SELECT counted.found, counted.is_cut, shown.*
  FROM (SELECT count(*)::int AS found, ${isCut} AS is_cut FROM listed) counted
  LEFT JOIN LATERAL (
    SELECT page.id AS listed_id, ${columns}
    FROM page CROSS JOIN LATERAL (SELECT * FROM ${table} WHERE id = page.id OFFSET 0) ${as}
  ) shown ON true
  ORDER BY shown.listed_id DESC`;
