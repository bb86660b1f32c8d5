import { acknowledge } from "../../ws/acknowledge.ts";
import type { Commands } from "../../ws/command.ts";
import type { Reactions } from "./service.ts";

export const reactionCommands = ({ reactions }: { reactions: Reactions }): Pick<Commands, "react"> => ({
  react: {
    outlivesSocket: true,
    async run(socket, { message_id: messageId, emoji, on, ref }, conversationId) {
      const { userId } = socket.actor;
      acknowledge(socket, ref, await reactions.set({ conversationId, userId, messageId, emoji, on }));
    },
  },
});
