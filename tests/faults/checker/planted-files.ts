import type { Planted } from "./plant.ts";

const FILES = "src/server/features/files";
const SEARCH = "src/server/features/search";

/** Bugs in files and in the search. */
export const plantedInFiles = {
  "begins a part of an upload in an empty file": {
    edits: [
      {
        file: "src/server/platform/blobs/folder.ts",
        find: "if (size > offset) await handle.truncate(offset);",
        replace: "await handle.truncate(0);",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["files hold"],
    seconds: 8,
  },
  "gives a message its first file alone": {
    edits: [
      {
        file: `${FILES}/take.sql`,
        find: "WITH ORDINALITY AS asked (id, n) JOIN files f ON f.id = asked.id::uuid;",
        replace: "WITH ORDINALITY AS asked (id, n) JOIN files f ON f.id = asked.id::uuid WHERE asked.n = 1;",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["files hold"],
    seconds: 8,
    isLong: true,
  },
  "lets everybody read the files of messages": {
    edits: [
      {
        file: `${FILES}/access.ts`,
        find: "c.place AND user_id = $2 OFFSET 0",
        replace: "c.place AND user_id + $2 > 0 OFFSET 0",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["files are for members"],
    seconds: 8,
  },
  "gives away the files of deleted messages": {
    isLong: true,
    edits: [
      {
        file: "src/server/log/sql/edit.sql",
        find: "    DELETE FROM message_files f WHERE f.conversation_id = p_conversation AND f.seq = message.seq;\n",
        replace: "    NULL;\n",
      },
      { file: `${FILES}/access.ts`, find: " AND deleted_at IS NULL OFFSET 0", replace: " OFFSET 0" },
    ],
    faults: ["clients cut"],
    foundBy: ["files go with their message"],
    seconds: 8,
  },
  "counts the bytes of a file again when it is checked": {
    edits: [{ file: `${FILES}/count-file.sql`, find: "ELSE NEW.bytes - OLD.bytes END", replace: "ELSE NEW.bytes END" }],
    faults: ["clients cut"],
    foundBy: ["exact usage"],
    seconds: 8,
    isLong: true,
  },
  "does not search messages of just now": {
    edits: [
      {
        file: `${SEARCH}/service.ts`,
        find: "const { candidates: tails, indexed } = tailsOf(\n      behind,",
        replace: "const { candidates: tails, indexed } = tailsOf(\n      behind.slice(0, 0),",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["search finds what is there"],
    seconds: 8,
  },
  "does not index what an edit has written": {
    edits: [
      {
        file: `${SEARCH}/index-store.ts`,
        find: "AND (ch.payload ->> 'kind') IS NULL",
        replace: "AND (ch.payload ->> 'kind') = 'none'",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["search finds what is there"],
    seconds: 8,
    isLong: true,
  },
  "keeps the answers of searches": {
    isLong: true,
    edits: [
      {
        file: `${SEARCH}/service.ts`,
        find: "return this.parts.turns.run(userId, () => this.search(userId, asked));",
        replace: `const key = JSON.stringify([userId, asked.query]);
    const known = kept.get(key) ?? (await this.parts.turns.run(userId, () => this.search(userId, asked)));
    kept.set(key, known);
    return known as ReturnType<Search["search"]>;`,
      },
      {
        file: `${SEARCH}/service.ts`,
        find: "export interface SearchAsked {",
        replace: "const kept = new Map<string, unknown>();\nexport interface SearchAsked {",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["search finds nothing that is gone"],
    seconds: 8,
  },
  "searches the conversations of everybody": {
    edits: [
      {
        file: `${SEARCH}/statements.ts`,
        find: "    WHERE user_id = $1 AND ($2::uuid[] IS NULL",
        replace: "    WHERE user_id + $1 > 0 AND ($2::uuid[] IS NULL",
      },
      {
        file: `${SEARCH}/statements.ts`,
        find: "FROM participants WHERE conversation_id = place.id AND user_id = $1 OFFSET 0) member",
        replace: "FROM participants WHERE conversation_id = place.id AND user_id + $1 > 0 LIMIT 1) member",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["search is for members"],
    seconds: 8,
  },
} satisfies Record<string, Planted>;
