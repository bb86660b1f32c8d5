/** A live session and its user. */
export interface Session {
  id: string;
  /** The hash of its token. The store and the caches know the session by it. */
  key: string;
  userId: number;
  fullName: string;
  isSuperuser: boolean;
  /** In ms since 1970. */
  lastUsedAt: number;
  /** The user proved their password in this session shortly before it was read (`PROVED_MS`). */
  isProved: boolean;
}
