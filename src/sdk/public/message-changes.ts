/**
 * The changes that only alter how a message looks, by their kind. The client and the conversation emit an event of that
 * name for each of them. So no kind may have the name of another event.
 */
export interface MessageChanges {
  reaction: { user_id: number; emoji: string; on: boolean };
  pin: { user_id: number; on: boolean };
  /** Without `user_id`, the poll is anonymous. */
  vote: { user_id?: number | undefined; options?: number[] | undefined };
  /** Somebody has replied in the thread of the message. */
  thread: object;
  /** The previews of the message have changed. */
  preview: object;
}

export type MessageChange<K extends keyof MessageChanges = keyof MessageChanges> = {
  [P in K]: { kind: P } & MessageChanges[P];
}[K];
