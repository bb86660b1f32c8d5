import type { Logger } from "../../base/logger.ts";
import type { Conversations } from "../conversations/service.ts";
import type { ServerSettings } from "../server/settings.ts";

/** Brings new accounts into the group that admins chose for everybody. */
export class Newcomers {
  constructor(
    private readonly settings: Pick<ServerSettings, "defaultConversationId">,
    private readonly conversations: Pick<Conversations, "admit">,
    private readonly logger: Logger,
  ) {}

  /**
   * After the account is made, and again at its first login: a crash in between is made good there. Never rejects, as
   * the account is there, with or without the group.
   */
  async welcome(userId: number): Promise<void> {
    const conversationId = this.settings.defaultConversationId;
    if (conversationId === null) return;
    await this.conversations.admit(conversationId, userId).catch((error: unknown) => {
      const details = { err: error, user_id: userId, conversation_id: conversationId };
      this.logger.warn(details, "a new account could not join the group for everybody");
    });
  }
}
