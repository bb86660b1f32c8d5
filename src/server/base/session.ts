/** A live session and its user. */
export interface Session {
  id: string;
  /** The hash of the session's token, and its key in the store and the caches. */
  key: string;
  userId: number;
  fullName: string;
  isSuperuser: boolean;
  lastUsedAt: number;
  /** The password was entered in it within PROVED_MS before it was read. */
  isProved: boolean;
}
