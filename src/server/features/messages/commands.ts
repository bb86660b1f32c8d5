import { encode } from "../../../protocol/frames.ts";
import { encodeHistory, type Message } from "../../../protocol/messages.ts";
import type { Commands } from "../../ws/command.ts";
import type { ClientSocket } from "../../ws/socket.ts";
import type { Messages } from "./service.ts";

/** How many sends of one socket may wait for their commit at once. */
const SENDS_IN_FLIGHT = 256;
/** A history frame must fit through a slow reader. A longer page is cut, and the client asks for the rest. */
const HISTORY_BYTES_MAX = 256 * 1024;

export const messageCommands = ({
  messages,
}: {
  messages: Messages;
}): Pick<Commands, "message" | "edit" | "delete" | "history"> => ({
  message: {
    outlivesSocket: true,
    limit: "sends",
    run(socket, { content, client_id, ref }, conversationId, fail) {
      const sending = messages.send({ conversationId, senderId: socket.actor.userId, content, clientId: client_id });
      socket.startSend();
      sending
        .then(({ message: { id, seq, version } }) => {
          if (client_id === undefined && ref === undefined) return;
          socket.send(encode({ type: "ack", conversation_id: conversationId, client_id, ref, id, seq, version }));
        }, fail)
        .finally(() => socket.endSend());
      // The next frame does not wait for the answer: sends of one socket share a commit, and the log keeps their order.
      return socket.sendSlot(SENDS_IN_FLIGHT);
    },
  },
  edit: {
    outlivesSocket: true,
    async run(socket, { message_id, content, ref }, conversationId) {
      acknowledge(socket, ref, await messages.edit(conversationId, socket.actor.userId, message_id, content));
    },
  },
  delete: {
    outlivesSocket: true,
    async run(socket, { message_id, ref }, conversationId) {
      acknowledge(socket, ref, await messages.remove(conversationId, socket.actor.userId, message_id));
    },
  },
  history: {
    async run(socket, { ref, before_seq: beforeSeq, limit }, conversationId) {
      const page = await messages.page(conversationId, socket.actor, { limit, beforeSeq, markRead: false });
      const fitting = newestThatFit(page.messages, HISTORY_BYTES_MAX);
      await socket.writable();
      socket.send(encodeHistory(conversationId, ref, { ...page, messages: fitting }));
    },
  },
});

function acknowledge(socket: ClientSocket, ref: string | undefined, message: Message) {
  if (ref === undefined) return;
  const { id, seq, version, conversation_id } = message;
  socket.send(encode({ type: "ack", conversation_id, ref, id, seq, version }));
}

/** The newest messages that have at most this many bytes together. The newest one is always among them. */
function newestThatFit(messages: readonly string[], bytesMax: number): readonly string[] {
  let bytes = 0;
  let first = messages.length;
  while (first > 0) {
    bytes += Buffer.byteLength(messages[first - 1] ?? "");
    if (bytes > bytesMax && first < messages.length) break;
    first--;
  }
  return messages.slice(first);
}
