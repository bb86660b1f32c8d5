import { encode } from "../../protocol/frames.ts";
import type { Message } from "../../protocol/messages.ts";
import type { ClientSocket } from "./socket.ts";

/**
 * Tells a client that its change of a message is stored, if the frame had a `ref`.
 * @param version of the change; left out: that of the message
 */
export function acknowledge(
  socket: ClientSocket,
  ref: string | undefined,
  { message, version = message.version }: { message: Message; version?: number },
): void {
  if (ref === undefined) return;
  const { id, seq, conversation_id } = message;
  socket.send(encode({ type: "ack", conversation_id, ref, id, seq, version }));
}
