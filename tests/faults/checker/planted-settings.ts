import type { Planted } from "./plant.ts";

const STREAMS = "src/server/features/me/streams.ts";

/** Bugs in the personal settings. */
export const plantedInSettings = {
  "skips personal settings that were set while the bus was away": {
    edits: [
      {
        file: STREAMS,
        find: "if ([...readers].some(({ cursor }) => cursor !== undefined && cursor !== head)) this.moved(userId);",
        replace: "for (const reader of readers) if (reader.cursor !== undefined) reader.cursor = head;",
      },
    ],
    faults: ["redis subscriptions deaf", "redis subscriptions cut"],
    foundBy: ["settings reach devices"],
    isLong: true,
  },
  "replays no personal settings": {
    edits: [{ file: STREAMS, find: "      reader.cursor = resume.after;\n", replace: "" }],
    faults: ["clients cut"],
    foundBy: ["settings reach devices"],
    seconds: 8,
    isLong: true,
  },
  "sends personal settings again to a socket that has them": {
    isLong: true,
    edits: [{ file: STREAMS, find: "if (entry.meVersion <= cursor) continue;", replace: "" }],
    faults: ["clients cut"],
    foundBy: ["settings in order"],
  },
  "gives a repeat of a personal setting a version": {
    isLong: true,
    edits: [
      {
        file: "src/server/features/me/state.ts",
        find: "return isSame ? undefined : next;",
        replace: "return next;",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["repeats take no version"],
  },
  "acks a personal setting and does not keep it": {
    edits: [
      { file: "src/server/features/me/own-stream.ts", find: "set: written });", replace: "set: { meVersion } });" },
    ],
    faults: ["clients cut"],
    foundBy: ["settings hold"],
    seconds: 8,
  },
  "keeps personal settings beyond the membership": {
    edits: [
      {
        file: "drizzle/0013_me.sql",
        find: 'FOREIGN KEY ("conversation_id","user_id") REFERENCES "public"."participants"("conversation_id","user_id")',
        replace: 'FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id")',
      },
    ],
    faults: ["clients cut"],
    foundBy: ["settings end with the membership"],
    isLong: true,
  },
  "counts the unread messages of muted conversations": {
    edits: [
      {
        file: "src/server/features/me/statements.ts",
        find: '"(e.mute_ends > now()) IS TRUE"',
        replace: '"false"',
      },
    ],
    faults: ["clients cut"],
    foundBy: ["exact totals"],
    seconds: 8,
    isLong: true,
  },
} satisfies Record<string, Planted>;
