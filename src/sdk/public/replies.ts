/** The message that another one answers, as it is now. The client keeps it up to date where both are loaded. */
export interface Quote {
  id: string;
  seq: number;
  sender_id?: number | undefined;
  sender_name?: string | undefined;
  /** The start of its text, in one line and without marks. */
  excerpt?: string | undefined;
  deleted?: true | undefined;
}
