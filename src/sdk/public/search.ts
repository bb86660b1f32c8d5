import type { ConversationInfo, Message } from "./types.ts";
import type { CancelSignal } from "./uploads.ts";

/** Plain text around what was sought. */
export interface Excerpt {
  text: string;
  /** Where the sought words stand: pairs of a start and an end, in UTF-16 units as `text.slice` counts. */
  matches: [start: number, end: number][];
}

/** The conversation of a found message. */
export interface FoundConversation extends Pick<ConversationInfo, "id" | "kind"> {
  /** The name of the group, or of the other person. Of a thread: that of its conversation. `null`: it has none. */
  name: string | null;
  /** Of a thread: the conversation that it belongs to. */
  parent_id: string | null;
  /** Of a thread: the `seq` of the message that it answers. */
  root_seq: number | null;
}

/** A message that a search has found. */
export interface SearchHit {
  message: Message;
  excerpt: Excerpt;
  /** The conversation, or the thread, that has the message. */
  conversation: FoundConversation;
}

/** Conditions on a found message beside the words. All of them are operators of the query too, such as `has:link`. */
export interface SearchOptions {
  /** The id of a conversation, without its threads, or of a thread. */
  conversation?: string | undefined;
  /** The sender: an id, an e-mail or a name. */
  from?: number | string | undefined;
  /** ISO 8601, a day or a time. Messages from then on. */
  after?: string | undefined;
  /** ISO 8601, a day or a time. Messages from before it. */
  before?: string | undefined;
  has?: "file" | "image" | "link" | undefined;
  /** Default: `newest` first. */
  sort?: "newest" | "oldest" | undefined;
  /** How many messages a page has at most. Default: 30, and at most 50. */
  limit?: number | undefined;
  /** Ends the search: pages that wait for an answer, and later ones, reject with the code `canceled`. */
  signal?: CancelSignal | undefined;
}

export interface SearchPage {
  /** In the order of `sort`. No message comes twice in a search. */
  hits: readonly SearchHit[];
  /** There may be more: ask for the next page. */
  hasMore: boolean;
  /** `false`: the server has ended its work early. The next page goes on from there. */
  isExact: boolean;
  /** The ids of conversations whose newest messages neither the server nor this client has searched. */
  indexing: readonly string[];
  /** There was no connection, so only messages that are stored here were searched. */
  isOffline: boolean;
}

/** A running search. It loads a page when one is asked for. */
export interface Search extends AsyncIterable<SearchHit> {
  /** Resolves with the next page, which is empty at the end. Rejects with a ConfabError when the server refuses the query. */
  page(): Promise<SearchPage>;
}
