import { acknowledge } from "../../ws/acknowledge.ts";
import type { Commands } from "../../ws/command.ts";
import type { Polls } from "./service.ts";

export const pollCommands = ({ polls }: { polls: Polls }): Pick<Commands, "vote"> => ({
  vote: {
    outlivesSocket: true,
    async run(socket, { message_id, options, ref }, conversationId) {
      acknowledge(socket, ref, await polls.vote(conversationId, socket.actor.userId, message_id, options));
    },
  },
});
