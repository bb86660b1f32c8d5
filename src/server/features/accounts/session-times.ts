/** A session ends this long after its last use, and this long after its start in any case (docs/contract.md §2). */
export const SESSION_IDLE_MS = 14 * 24 * 3_600_000;
export const SESSION_LIFETIME_MS = 90 * 24 * 3_600_000;

/** For this long after the user proved their password, irreversible acts do not ask for it again. */
export const PROVED_MS = 15 * 60_000;
