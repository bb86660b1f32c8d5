/** A text that the user has begun and not sent. Its key is the conversation's id. */
export interface DraftEntry {
  readonly content: string;
  /** The id of the message that it answers. */
  readonly reply_to?: string | undefined;
  readonly updated_at: string;
}
