/** A committed change in the form in which it travels: encoded once, so the published text is the delivered text. */
export interface ChangeEvent {
  kind: "change";
  conversationId: string;
  version: number;
  tag: string;
  lastSeq: number;
  /** The frame for the sockets of the conversation. */
  frame: string;
  /** The message that this change sent, edited or deleted. The frame ends with the message's JSON and a brace. */
  message?: { seq: number; isNew: boolean };
  /** Ids of the users who joined with this change. */
  added?: number[];
  /** Ids of the users who left with this change. */
  removed?: number[];
}
