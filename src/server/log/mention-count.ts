/**
 * How many messages after a `seq` mention a user, for the select list of a statement. Rows are counted each time: sending
 * writes them, deletions and retention remove them. A message has no row for its sender.
 */
export const mentionsAfter = (userId: string, conversationId: string, seq: string) =>
  `((SELECT count(*) FROM mentions x WHERE x.user_id = ${userId} AND x.conversation_id = ${conversationId} AND x.seq > ${seq})
    + (SELECT count(*) FROM mentions_of_all x WHERE x.conversation_id = ${conversationId} AND x.seq > ${seq}))::int`;
