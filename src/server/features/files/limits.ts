/** A client that sends nothing for so long is cut off. The bytes that it sent are kept. */
export const STALL_MS = 15_000;
/** Less than so many bytes within a minute count as nothing, once a client has sent for that long. */
export const MINUTE_BYTES_MIN = 16 * 1024;
/** Uploads of a user that are not finished. */
export const UNFINISHED_MAX = 200;
/** Requests of a user on one node that write files at the same time. */
export const WRITING_MAX = 32;
/** Files that no message has had, and uploads on which nothing happens, are removed after so long. */
export const UNUSED_MS = 24 * 3_600_000;
/** A signed address works for so long. */
export const ADDRESS_MS = 15 * 60_000;
