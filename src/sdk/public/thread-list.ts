import type { Conversation, Unsubscribe } from "./conversation.ts";

/** The threads that the user follows and that have replies, the last one to get a reply first. */
export interface ThreadList {
  readonly items: readonly Conversation[];
  /** The unread replies in them. Muted threads don't count. */
  readonly unread: number;
  /** The first page has come. */
  readonly isLoaded: boolean;
  /** The server has more: call `loadMore`. */
  readonly hasMore: boolean;
  /** Loads more threads. Resolves when they are in `items`. */
  loadMore(): Promise<void>;
  /** Calls the listener when anything in the list has changed. */
  on(listener: () => void): Unsubscribe;
}
