/** A live session and its user. */
export interface Session {
  id: string;
  /** The hash of its token: the store and the caches know the session by it. */
  key: string;
  userId: number;
  fullName: string;
  isSuperuser: boolean;
  lastUsedAt: number;
  /** The password was entered in it within PROVED_MS before it was read. */
  isProved: boolean;
}
