/** WebSocket close codes. Each one promises the client what to do next (CONTRACT §7). */
export const closeCodes = {
  /** Ten unparsable or unknown frames within a minute: stop. */
  protocolAbuse: 1008,
  /** The server could not bring the socket up: reconnect and resume. */
  tryAgain: 1011,
  /** The server restarts: reconnect after `reconnect_after_ms`, which the close reason carries as JSON. */
  restarting: 1012,
  /** The reader is too slow: reconnect and resume. */
  tooSlow: 4008,
  /** The session ended: log in. */
  sessionEnded: 4401,
  /** No longer a participant: stop. */
  notParticipant: 4403,
  /** Flooding: wait, then reconnect. */
  flooding: 4429,
} as const;

/** Advice to a client, in ms, for a reconnect after a restart. Each socket gets a different share of it, so that not all come back at once. */
export const reconnectAfterMs = { base: 500, spread: 2500 };
