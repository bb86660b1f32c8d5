/** The poll of a message: the question, and the result so far. */
export interface Poll {
  question: string;
  options: string[];
  /** People may choose several options. */
  multiple: boolean;
  /** Nobody sees who chose what. */
  anonymous: boolean;
  closes_at?: string | undefined;
  /** The number of votes for each option. */
  votes: number[];
  /** The number of people who have voted. */
  voters: number;
  /** For each option the first of those who chose it. An anonymous poll has none. */
  user_ids?: number[][] | undefined;
}

/** A poll as you send it. */
export interface NewPoll {
  question: string;
  options: readonly string[];
  multiple?: boolean;
  anonymous?: boolean;
  closes_at?: string;
}

/** Your own vote in a poll. */
export interface OwnVote {
  message_id: string;
  seq: number;
  /** Positions of options, from 0. */
  options: number[];
}
