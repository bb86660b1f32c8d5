/** WebSocket close codes. Each one tells the client what to do next (docs/contract.md §7). */
export const closeCodes = {
  protocolAbuse: 1008,
  tryAgain: 1011,
  restarting: 1012,
  tooSlow: 4008,
  sessionEnded: 4401,
  notParticipant: 4403,
  flooding: 4429,
} as const;

/** The reason for each close code and the client's next step, for people. */
export const closeAdvice: Record<keyof typeof closeCodes, string> = {
  protocolAbuse: "Ten unparsable or unknown frames within a minute: stop.",
  tryAgain: "The server could not bring the socket up: reconnect and resume.",
  restarting: "The server restarts: reconnect after `reconnect_after_ms`, which the close reason carries as JSON.",
  tooSlow: "The reader is too slow: reconnect and resume.",
  sessionEnded: "The session ended: log in.",
  notParticipant: "No longer a participant: stop.",
  flooding: "Flooding: wait, then reconnect.",
};

/**
 * How long a client waits, in ms, before it reconnects after a restart. Each socket gets a random part of `spread`, so
 * that not all come back at once.
 */
export const reconnectAfterMs = { base: 500, spread: 2500 };
