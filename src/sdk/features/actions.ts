import { actionsOf, liveOf } from "../actions/queue.ts";
import type { Action, PendingAction } from "../public/actions.ts";
import type { Conversation } from "../public/conversation.ts";

/** Does something in a conversation that shows at once and goes out when it can, over reloads and restarts too. */
export const act = (conversation: Conversation, action: Action): PendingAction =>
  actionsOf(liveOf(conversation)).act(action);
