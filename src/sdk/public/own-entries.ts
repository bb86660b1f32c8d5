import type { Unsubscribe } from "./conversation.ts";

/** The user's own entries of one kind, on all of their devices. Changes that wait for the server show already. */
export interface OwnEntries<Value> {
  /** False until the server has said what there is. */
  readonly isLoaded: boolean;
  /** By their keys. A new map after each change. */
  readonly all: ReadonlyMap<string, Value>;
  /** The place in the user's own stream of the last change that the server has told of. 0: there was none. */
  versionOf(key: string): number;
  /** Calls the listener after each change. `key` is undefined when many may have changed. */
  on(listener: (key: string | undefined) => void): Unsubscribe;
}
