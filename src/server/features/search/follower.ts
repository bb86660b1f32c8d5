import type { Stems } from "../../../text/search-match.ts";
import type { TableFollower } from "../../followers/follower.ts";
import { writeRows } from "./index-store.ts";
import { RUN } from "./rows.ts";

export const SEARCH = "search";

/** A complete run is in the index after this time, in ms, and a little more. A search reads newer messages by itself. */
const INDEX_EVERY_MS = 1_000;
/** Messages whose run is not complete wait for so many rounds. */
const PATIENCE_ROUNDS = 20;
/** About so many bytes of text are written at once: in an embedded database a second of work for 500,000 Chinese characters. */
const BYTES_A_ROW = 32;

/** Writes the index of messages. @param pieceRows the most rows that one statement reads */
export const searchFollower = (pieceRows: number, stems?: Stems, everyMs = INDEX_EVERY_MS): TableFollower => ({
  name: SEARCH,
  start: "zero",
  everyMs,
  runs: { messages: RUN, patienceMs: everyMs * PATIENCE_ROUNDS },
  mayLag: true,
  write: (tx, ranges) => writeRows(tx, ranges, stems, pieceRows * BYTES_A_ROW),
});
