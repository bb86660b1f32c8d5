import type { Conversation } from "../../../protocol/conversations.ts";
import type { ConversationRequest } from "../../../protocol/requests.ts";
import { Failure } from "../../base/failure.ts";
import type { Bus } from "../../bus/bus.ts";
import type { RequestStore } from "../../log/ports.ts";
import type { Conversations } from "../conversations/service.ts";
import { publishEndedRequests } from "./announce.ts";

/** The requests that wait for a person's answer. They are made by `Conversations`. */
export class Requests {
  constructor(
    private readonly store: RequestStore,
    private readonly conversations: Conversations,
    private readonly bus: Bus,
  ) {}

  list(
    userId: number,
    page: { limit: number; offset: number },
  ): Promise<{ requests: ConversationRequest[]; total: number }> {
    return this.store.list(userId, page);
  }

  /** Makes the 1-on-1, or joins the group. Pressed on two devices at once, it is done once and both get the conversation. */
  async accept(userId: number, requestId: string): Promise<Conversation> {
    const request = await this.store.find(userId, requestId);
    if (!request) throw new Failure("request_not_found");
    try {
      return await this.conversations.accept(userId, requestId, request);
    } catch (error) {
      // The group is gone, or the person who asked has left it.
      if (error instanceof Failure && error.reason === "conversation_not_found") throw new Failure("request_not_found");
      throw error;
    }
  }

  /** Its sender hears nothing of it, and sees no difference. */
  async decline(userId: number, requestId: string): Promise<void> {
    if (!(await this.store.decline(userId, requestId))) throw new Failure("request_not_found");
    publishEndedRequests(this.bus, [{ id: requestId, userId }]);
  }
}
