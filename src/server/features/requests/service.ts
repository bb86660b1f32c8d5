import type { Conversation } from "../../../protocol/conversations.ts";
import type { ConversationRequest } from "../../../protocol/requests.ts";
import { Failure } from "../../base/failure.ts";
import type { Bus } from "../../bus/bus.ts";
import { publishEndedRequests } from "./announce.ts";
import type { OpenRequest, RequestsStore } from "./store.ts";

/** Makes the 1-on-1 of a request, or adds the user to its group. */
type Accept = (userId: number, requestId: string, request: OpenRequest) => Promise<Conversation>;

/** The requests that wait for a person's answer. `Conversations` makes them. */
export class Requests {
  constructor(
    private readonly store: RequestsStore,
    private readonly acceptBy: Accept,
    private readonly bus: Bus,
  ) {}

  list(
    userId: number,
    page: { limit: number; offset: number },
  ): Promise<{ requests: ConversationRequest[]; total: number }> {
    return this.store.list(userId, page);
  }

  /** Makes the 1-on-1, or joins the group. Two devices that accept at once get the same conversation. */
  async accept(userId: number, requestId: string): Promise<Conversation> {
    const request = await this.store.find(userId, requestId);
    if (!request) throw new Failure("request_not_found");
    try {
      return await this.acceptBy(userId, requestId, request);
    } catch (error) {
      // The group no longer exists, or the person who asked has left it.
      if (error instanceof Failure && error.reason === "conversation_not_found") throw new Failure("request_not_found");
      throw error;
    }
  }

  /** The sender gets no notice, and sees no difference. */
  async decline(userId: number, requestId: string): Promise<void> {
    if (!(await this.store.decline(userId, requestId))) throw new Failure("request_not_found");
    publishEndedRequests(this.bus, [{ id: requestId, userId }]);
  }
}
