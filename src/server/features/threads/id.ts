/** The id of the thread that answers a message. Two people who start it at once get the same one. */
export const threadIdOf = (conversationId: string, messageId: string) => Bun.randomUUIDv5(messageId, conversationId);
