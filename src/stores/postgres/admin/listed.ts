import type { Total } from "../../../domain/admin-ports.ts";
import { LISTED_MOST } from "../../../protocol/admin.ts";

/** `found`: of LISTED_MOST + 1 at most. `isCut`: it was looked for in a part only. */
export const totalOf = (found: number, isCut = false): Total => ({
  total: Math.min(found, LISTED_MOST),
  isExact: found <= LISTED_MOST && !isCut,
});
