import append from "../log/sql/append.sql" with { type: "text" };
import base64url from "../log/sql/base64url.sql" with { type: "text" };
import changeTag from "../log/sql/change-tag.sql" with { type: "text" };
import edit from "../log/sql/edit.sql" with { type: "text" };
import keyDigest from "../log/sql/key-digest.sql" with { type: "text" };
import keyedDigest from "../log/sql/keyed-digest.sql" with { type: "text" };
import place from "../log/sql/place.sql" with { type: "text" };
import sentDigest from "../log/sql/sent-digest.sql" with { type: "text" };
import tag from "../log/sql/tag.sql" with { type: "text" };
import type { SqlFunctions } from "../platform/postgres/migrations.ts";
import fold from "../platform/postgres/search/fold.sql" with { type: "text" };
import foldLetters from "../platform/postgres/search/fold-letters.sql" with { type: "text" };
import folded from "../platform/postgres/search/folded.sql" with { type: "text" };
import foundConversations from "../platform/postgres/search/found-conversations.sql" with { type: "text" };
import foundUsers from "../platform/postgres/search/found-users.sql" with { type: "text" };
import grams from "../platform/postgres/search/grams.sql" with { type: "text" };
import sought from "../platform/postgres/search/sought.sql" with { type: "text" };
import { OLD_FUNCTIONS } from "./old-functions.ts";

/**
 * Every SQL function, one file each, after those that it needs. A change of the arguments or of the result takes a new
 * name; the old function goes to `old-functions.ts`.
 */
export const SQL_FUNCTIONS: SqlFunctions = {
  // `users.folded` and the search indexes use the first four, `messages_key_digest` uses the trigger function, and the
  // migration that makes `history` calls `confab_place`.
  beforeTables: [foldLetters, fold, folded, grams, keyDigest, place],
  afterTables: [
    sought,
    foundUsers,
    foundConversations,
    changeTag,
    tag,
    base64url,
    keyedDigest,
    sentDigest,
    append,
    edit,
    ...OLD_FUNCTIONS.map(({ text }) => text),
  ],
};
