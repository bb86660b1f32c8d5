/** The message is pinned. */
export interface Pinned {
  user_id: number;
  at: string;
}
