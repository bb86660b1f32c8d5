import { LISTED_MOST } from "../../../protocol/admin.ts";

/**
 * The most rows that are searched one by one, newest first, when an index finds more than a list shows. An index
 * returns rows in no order, so without this search the newest could be missing.
 */
export const LOOKED_THROUGH_MOST = 20_000;

// Parts of statements. One row more than is wanted says that there are more.
export const atMost = (most: number) => `LIMIT ${most + 1}`;
export const isMoreThan = (most: number, name: string) => `(SELECT count(*) > ${most} FROM ${name})`;

/** Whether a folded text contains the search text, as `confab_found_users` and `confab_found_conversations` ask. */
export const isIn = (folded: string, search: string) => `strpos(${folded}, (SELECT confab_sought(${search}))) > 0`;

/** The columns that a list shows, the table they are in, and its alias in `columns`. */
interface Shown {
  columns: string;
  table: string;
  as: string;
}

/**
 * A page of `listed`, newest first: $1 rows from the $2th on. Nothing beyond LISTED_MOST is shown. An empty page has one row
 * with the counts.
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
