import countFile from "../features/files/count-file.sql" with { type: "text" };
import faultOfFiles from "../features/files/fault.sql" with { type: "text" };
import loosenFile from "../features/files/loosen-file.sql" with { type: "text" };
import takeFiles from "../features/files/take.sql" with { type: "text" };
import alterGroup from "../features/members/alter.sql" with { type: "text" };
import group from "../features/members/group.sql" with { type: "text" };
import heir from "../features/members/heir.sql" with { type: "text" };
import joinGroup from "../features/members/join.sql" with { type: "text" };
import people from "../features/members/people.sql" with { type: "text" };
import recordGroup from "../features/members/record.sql" with { type: "text" };
import editMentions from "../features/mentions/edit.sql" with { type: "text" };
import writeMentions from "../features/mentions/write.sql" with { type: "text" };
import markPin from "../features/pins/mark.sql" with { type: "text" };
import pinned from "../features/pins/summary.sql" with { type: "text" };
import markVote from "../features/polls/mark.sql" with { type: "text" };
import poll from "../features/polls/summary.sql" with { type: "text" };
import markPreview from "../features/previews/mark.sql" with { type: "text" };
import markReaction from "../features/reactions/mark.sql" with { type: "text" };
import reactions from "../features/reactions/summary.sql" with { type: "text" };
import ask from "../features/requests/ask.sql" with { type: "text" };
import settleGroup from "../features/requests/settle.sql" with { type: "text" };
import foundRare from "../features/search/found-rare.sql" with { type: "text" };
import follow from "../features/threads/follow.sql" with { type: "text" };
import append from "../log/sql/append.sql" with { type: "text" };
import appendInBoth from "../log/sql/append-in-both.sql" with { type: "text" };
import appendPlain from "../log/sql/append-plain.sql" with { type: "text" };
import base64url from "../log/sql/base64url.sql" with { type: "text" };
import changeTag from "../log/sql/change-tag.sql" with { type: "text" };
import edit from "../log/sql/edit.sql" with { type: "text" };
import editInBoth from "../log/sql/edit-in-both.sql" with { type: "text" };
import editOne from "../log/sql/edit-one.sql" with { type: "text" };
import keyDigest from "../log/sql/key-digest.sql" with { type: "text" };
import keyedDigest from "../log/sql/keyed-digest.sql" with { type: "text" };
import mark from "../log/sql/mark.sql" with { type: "text" };
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
  // `users.folded` and the search indexes use the first four, the triggers use the next
  // three, and the migration that makes `history` calls `confab_place`.
  beforeTables: [foldLetters, fold, folded, grams, keyDigest, countFile, loosenFile, place],
  afterTables: [
    sought,
    foundUsers,
    foundConversations,
    changeTag,
    tag,
    base64url,
    keyedDigest,
    sentDigest,
    follow,
    foundRare,
    writeMentions,
    faultOfFiles,
    takeFiles,
    append,
    appendPlain,
    appendInBoth,
    edit,
    editMentions,
    editOne,
    editInBoth,
    markReaction,
    reactions,
    markPin,
    markPreview,
    pinned,
    markVote,
    poll,
    mark,
    people,
    group,
    heir,
    ask,
    settleGroup,
    joinGroup,
    recordGroup,
    alterGroup,
    ...OLD_FUNCTIONS.map(({ text }) => text),
  ],
};
