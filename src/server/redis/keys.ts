/** The key of a conversation's window, with the hash tag that all keys of a conversation share. */
export const windowKey = (conversationId: string) => `confab:{${conversationId}}:window`;
/** The unsigned window of nodes of the version before. Remove it when no such node is left. */
export const plainWindowKey = (conversationId: string) => `confab:{${conversationId}}:newest`;

/**
 * Channels know no database numbers: one server has one space of channels. The id of the bus separates the nodes of two
 * databases on one server.
 */
export const channelsOf = (busId: string) => ({
  conversation: (conversationId: string) => `confab:${busId}:${conversationId}`,
  /** Events for every node. */
  everyone: `confab:${busId}:everyone`,
  /** Signed beats. */
  pulse: `confab:${busId}:pulse`,
  /** Beats that nodes of the version before understand. Remove them when no such node is left. */
  plainBeats: `confab:${busId}:beats`,
});

/** The id of the PostgreSQL database that this Redis serves; see bus-id.ts. */
export const BUS_ID = "confab:bus-id";
/** By node, how many places the sockets of a user have there; 0 while they may be back in a moment. */
export const placesKey = (userId: number) => `confab:places:{${userId}}`;
/** The nodes that have places, by the end of their leases. */
export const NODES = "confab:nodes";
/** The users who have places on a node. When the node has died, another one removes their places. */
export const nodeUsersKey = (node: string) => `confab:node-users:${node}`;
export const counterPrefix = (name: string) => `confab:limit:${name}:`;
