/** The thread that answers a message, as the message shows it: at most some seconds old. */
export interface ThreadSummary {
  /** The thread: a conversation of its own. */
  id: string;
  /** All replies that were ever sent. */
  replies: number;
  last_reply_at: string;
  /** At most three people, the last one to answer first. */
  recent: number[];
}

/** A message that is a copy of a reply in a thread. */
export interface FromThread {
  /** The thread. */
  id: string;
  /** The reply there. */
  message_id: string;
}
