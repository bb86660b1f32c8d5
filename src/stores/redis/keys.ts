/** With the hash tag that all keys of a conversation would share. */
export const windowKey = (conversationId: string) => `confab:{${conversationId}}:newest`;

/**
 * Channels know no database numbers: all that one server has are one space. The id of the bus keeps the nodes of two
 * databases on one server apart.
 */
export const channelsOf = (busId: string) => ({
  conversation: (conversationId: string) => `confab:${busId}:${conversationId}`,
  /** What concerns every node. */
  everyone: `confab:${busId}:everyone`,
  beats: `confab:${busId}:beats`,
});

/** Which PostgreSQL this Redis serves; see bus-id.ts. */
export const BUS_ID = "confab:bus-id";
export const socketsKey = (userId: number) => `confab:sockets:${userId}`;
/** Is there while Redis knows the sockets of a node. */
export const socketsKnownKey = (nodeId: string) => `confab:sockets-known:${nodeId}`;
export const counterPrefix = (name: string) => `confab:limit:${name}:`;
