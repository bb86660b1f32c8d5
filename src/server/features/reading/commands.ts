import type { Commands } from "../../ws/command.ts";
import type { Messages } from "../messages/service.ts";

export const readingCommands = ({ messages }: { messages: Messages }): Pick<Commands, "read"> => ({
  read: {
    outlivesSocket: true,
    run: (socket, { seq, version }, conversationId) => messages.markRead(conversationId, socket.actor, seq, version),
  },
});
