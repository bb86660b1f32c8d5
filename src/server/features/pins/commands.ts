import { acknowledge } from "../../ws/acknowledge.ts";
import type { Commands } from "../../ws/command.ts";
import type { Pins } from "./service.ts";

export const pinCommands = ({ pins }: { pins: Pins }): Pick<Commands, "pin"> => ({
  pin: {
    outlivesSocket: true,
    async run(socket, { message_id, on, ref }, conversationId) {
      acknowledge(socket, ref, await pins.set(conversationId, socket.actor.userId, message_id, on));
    },
  },
});
