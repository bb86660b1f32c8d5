import { z } from "zod";
import { conversationKind } from "./conversations.ts";
import { message } from "./messages.ts";
import { counter, id } from "./text.ts";

/** The longest query, in UTF-16 units. */
export const SEARCH_QUERY_MAX = 1_000;
export const SEARCH_LIMIT = { default: 20, max: 50 } as const;

/** The languages whose forms of words a server can treat alike. */
export const SEARCH_LANGUAGES = [
  ...(["arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian"] as const),
  ...(["italian", "norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "turkish"] as const),
];
export type SearchLanguage = (typeof SEARCH_LANGUAGES)[number];

/** A short piece of a message around the place that was found. */
const searchExcerpt = z
  .object({
    text: z.string().meta({ description: "In one line and without marks, or the name of a file." }),
    matches: z.array(z.tuple([z.int(), z.int()])).meta({
      description:
        "The ranges of the text that were found, in UTF-16 units: from the first unit to the one after the last.",
    }),
  })
  .meta({ id: "SearchExcerpt", examples: [{ text: "the deploy of Friday", matches: [[4, 10]] }] });

/** The conversation of a result. */
const searchConversation = z
  .object({
    id,
    kind: conversationKind,
    name: z
      .string()
      .nullable()
      .meta({
        description:
          "The name of the group, or of the other person. Of a thread: of its conversation. Null: it has none.",
        examples: ["Release"],
      }),
    parent_id: id.nullable().meta({ description: "Of a thread: its conversation.", examples: [null] }),
    root_seq: counter.nullable().meta({ description: "Of a thread: the message that it answers.", examples: [null] }),
  })
  .meta({ id: "SearchConversation" });

export const searchResult = z
  .object({ message, excerpt: searchExcerpt, conversation: searchConversation })
  .meta({ id: "SearchResult" });
export type SearchResult = z.infer<typeof searchResult>;

export const searchAnswer = z
  .object({
    results: z.array(searchResult),
    next_cursor: z
      .string()
      .nullable()
      .meta({
        description: "`cursor` of the next page; null when this is the last.",
        examples: [null],
      }),
    indexed: z.record(z.uuid(), counter).meta({
      description:
        "Conversations with newer messages than the index has, each with the newest `seq` that the index has. Usually empty: the index is late by less than a second.",
      examples: [{}],
    }),
    exact: z.boolean().meta({
      description:
        "False: the search took too much work and ended early, and `next_cursor` goes on from there. Without a `next_cursor`: the index is behind in 200 of your conversations or more.",
    }),
  })
  .meta({ id: "SearchAnswer" });
export type SearchAnswer = z.infer<typeof searchAnswer>;
