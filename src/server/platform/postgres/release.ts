/**
 * The versions of all releases, oldest first. Add the next one when work on it begins: functions that stayed for the
 * nodes of an older release (`old-functions.ts`) may have to go then. A test compares the list with package.json.
 *
 * Release 1 is commit 15e54fe. It wrote no number into its database, and refuses every newer schema.
 */
export const RELEASES = ["0.1.0", "0.2.0"] as const;

/** The number of this release. */
export const RELEASE = RELEASES.length;

/**
 * The oldest release whose nodes can serve a database that this release has migrated, for a rollback of one release.
 * Set it to RELEASE in a release whose migrations the nodes before can't serve.
 */
export const OLDEST_READER = RELEASE - 1;
