import { Failure } from "../../base/failure.ts";
import type { Commands } from "../../ws/command.ts";
import type { Typing } from "./service.ts";

export const typingCommands = ({ typing }: { typing: Typing }): Pick<Commands, "typing"> => ({
  typing: {
    run(socket, { is_typing }, conversationId) {
      const subscription = socket.subscriptions.get(conversationId);
      if (!subscription) throw new Failure("not_subscribed");
      typing.set(conversationId, socket.actor, socket, is_typing, subscription.room.participantCount);
    },
  },
});
