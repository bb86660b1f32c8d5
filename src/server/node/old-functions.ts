import amend from "../log/sql/old/amend.sql" with { type: "text" };
import append from "../log/sql/old/append.sql" with { type: "text" };
import wanted from "../platform/postgres/search/old/wanted.sql" with { type: "text" };
import words from "../platform/postgres/search/old/words.sql" with { type: "text" };

/**
 * Functions that only nodes of the release before call, while a rolling restart lasts. Remove each one, with its file,
 * in the release that is named (`platform/postgres/release.ts` numbers them). A test fails when it is still here by
 * then.
 */
export const OLD_FUNCTIONS = [
  { text: append, goesIn: 3 },
  { text: amend, goesIn: 3 },
  { text: words, goesIn: 3 },
  { text: wanted, goesIn: 3 },
];
