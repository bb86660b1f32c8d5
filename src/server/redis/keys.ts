/** With the hash tag that all keys of a conversation would share. */
export const windowKey = (conversationId: string) => `confab:{${conversationId}}:window`;
/** The window of nodes of the version before, which is not signed; it goes when no node of it runs any more. */
export const plainWindowKey = (conversationId: string) => `confab:{${conversationId}}:newest`;

/**
 * Channels know no database numbers: all that one server has are one space. The id of the bus keeps the nodes of two
 * databases on one server apart.
 */
export const channelsOf = (busId: string) => ({
  conversation: (conversationId: string) => `confab:${busId}:${conversationId}`,
  /** What concerns every node. */
  everyone: `confab:${busId}:everyone`,
  /** Signed beats. */
  pulse: `confab:${busId}:pulse`,
  /** Beats that nodes of the version before understand; they go when no node of it runs any more. */
  plainBeats: `confab:${busId}:beats`,
});

/** Which PostgreSQL this Redis serves; see bus-id.ts. */
export const BUS_ID = "confab:bus-id";
/** By node, how many places a user's sockets have there; 0 while they may be back in a moment. */
export const placesKey = (userId: number) => `confab:places:{${userId}}`;
/** The nodes that have places, by when their leases end. */
export const NODES = "confab:nodes";
/** Whose places a node has: what is done away with when it has died. */
export const nodeUsersKey = (node: string) => `confab:node-users:${node}`;
export const counterPrefix = (name: string) => `confab:limit:${name}:`;
