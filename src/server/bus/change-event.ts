/** A committed change in the form in which it travels: encoded once, so the published text is the delivered text. */
export interface ChangeEvent {
  kind: "change";
  conversationId: string;
  version: number;
  tag: string;
  lastSeq: number;
  /** The frame for the sockets of the conversation. */
  frame: string;
  /** The message that this change sent, edited or deleted, and whether it mentions everybody. The frame ends with the message's JSON and a brace. */
  message?: { seq: number; isNew: boolean; mentionsAll?: true };
  /** Ids of the users who joined with this change. */
  added?: number[];
  /** A new message in a thread that this node has appended. Other nodes are not told: one of them is enough to follow it. */
  inThread?: boolean;
  /** Ids of the users who left with this change. */
  removed?: number[];
}
