import { LISTED_MOST } from "../../../protocol/admin.ts";

/**
 * The size of a list. When it is not exact, there are at least `total`, and the list ends at the rows that were read.
 */
export interface Total {
  total: number;
  isExact: boolean;
}

/**
 * The counts of a list as its statement gives them. `found` is LISTED_MOST + 1 when there are more than LISTED_MOST.
 * `is_cut` says that the statement read only a part of the rows.
 */
export interface Counted {
  found: number;
  is_cut: boolean;
}

export const totalOf = ({ found, is_cut }: Counted = { found: 0, is_cut: false }): Total => ({
  total: Math.min(found, LISTED_MOST),
  isExact: found <= LISTED_MOST && !is_cut,
});
