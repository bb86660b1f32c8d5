/** An emoji under a message. */
export interface Reaction {
  emoji: string;
  count: number;
  /** The first of the people who chose it, by time. `count` may be larger. */
  user_ids: number[];
}

/** Your own reactions to one message. */
export interface OwnReactions {
  message_id: string;
  seq: number;
  emoji: string[];
}

/** Somebody's reaction to a message. */
export interface Reacted {
  user_id: number;
  /** Their name of today. */
  full_name: string;
  emoji: string;
  /** ISO 8601 in UTC. */
  at: string;
}

/** A page of the people who have reacted to a message, by emoji, each with its people from the first on. */
export interface ReactedPage {
  people: Reacted[];
  /** Pass it as `after` to get the next page. Null: this is the last. */
  next_after: string | null;
}
