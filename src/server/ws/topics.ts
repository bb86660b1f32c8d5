// The topics by which Bun brings one frame to many sockets.

/** Each change of a conversation, for the sockets that subscribe to it. */
export const roomTopic = (conversationId: string) => `c:${conversationId}`;

/** The same for the sockets that accept ranges. */
export const rangeTopic = (conversationId: string) => `r:${conversationId}`;

/** The activity of a conversation, for the sockets that watch it. */
export const activityTopic = (conversationId: string) => `a:${conversationId}`;
