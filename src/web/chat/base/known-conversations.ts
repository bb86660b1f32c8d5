import type { ConfabClient, Conversation } from "../../../sdk/index.ts";

/** The conversations of both lists: also those in the archive, as far as they are loaded. */
export const knownConversations = ({ conversations }: ConfabClient): Conversation[] => [
  ...conversations.items,
  ...conversations.archived.items,
];
