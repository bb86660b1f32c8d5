import { encode } from "../../protocol/frames.ts";
import type { Commands } from "./command.ts";

/** The frames about the socket itself. */
export const socketCommands: Pick<Commands, "ping"> = {
  ping: {
    isGeneral: true,
    run(socket, { ref }) {
      socket.send(encode({ type: "pong", conversation_id: socket.conversationId, ref }));
    },
  },
};
