import { encode } from "../../../protocol/frames.ts";
import type { Line } from "../../../protocol/lines.ts";
import { encodeHistory } from "../../../protocol/messages.ts";
import type { PageQuery } from "../../log/log.ts";
import type { Page } from "../../log/pages.ts";
import { acknowledge } from "../../ws/acknowledge.ts";
import type { Commands } from "../../ws/command.ts";
import { type DraftParts, type PartServices, partsOf } from "./parts.ts";
import type { Messages } from "./service.ts";

/** How many sends of one socket may wait for their commit at once. */
const SENDS_IN_FLIGHT = 256;
/** A history frame must fit through a slow reader. A longer page is cut, and the client asks for the rest. */
const HISTORY_BYTES_MAX = 256 * 1024;

export const messageCommands = ({
  messages,
  ...services
}: PartServices & { messages: Messages }): Pick<Commands, "message" | "edit" | "delete" | "history"> => ({
  message: {
    outlivesSocket: true,
    limit: "sends",
    run(socket, frame, conversationId, fail) {
      const { content, client_id, ref } = frame;
      const draft = { conversationId, senderId: socket.actor.userId, content, clientId: client_id };
      const send = (found: DraftParts) => {
        const sending = messages.send(draft, found);
        socket.startSend();
        sending.then(
          ({ message: { id, seq, version } }) => {
            socket.endSend();
            if (client_id === undefined && ref === undefined) return;
            socket.send(encode({ type: "ack", conversation_id: conversationId, client_id, ref, id, seq, version }));
          },
          (error: unknown) => {
            socket.endSend();
            fail(error);
          },
        );
        // The next frame does not wait for the answer: sends of one socket share a commit, and the log keeps their order.
        return socket.sendSlot(SENDS_IN_FLIGHT);
      };
      const found = partsOf(services, draft, frame);
      // While the database is asked, the next frame waits, and so comes after this one.
      return found instanceof Promise ? found.then(send) : send(found);
    },
  },
  edit: {
    outlivesSocket: true,
    async run(socket, { message_id, content, ref }, conversationId) {
      acknowledge(socket, ref, {
        message: await messages.edit(conversationId, socket.actor.userId, message_id, content),
      });
    },
  },
  delete: {
    outlivesSocket: true,
    async run(socket, { message_id, ref }, conversationId) {
      acknowledge(socket, ref, { message: await messages.remove(conversationId, socket.actor.userId, message_id) });
    },
  },
  history: {
    async run(socket, { ref, limit, ...cursors }, conversationId) {
      const { before_seq: beforeSeq, after_seq: afterSeq, around_seq: aroundSeq } = cursors;
      const query = { limit, beforeSeq, afterSeq, aroundSeq, markRead: false };
      const page = await messages.page(conversationId, socket.actor, query);
      await socket.writable();
      socket.send(encodeHistory(conversationId, ref, { ...page, ...fitting(page, query) }));
    },
  },
});

/**
 * The messages of a page that a frame can hold, and the lines between them. A page after a message keeps its oldest ones, a page around a message
 * those that are nearest, and every other page its newest ones. So the client can ask on from what it gets.
 */
function fitting(
  { messages, lines, newestSeq = 0 }: Page,
  { afterSeq, aroundSeq }: PageQuery,
): Pick<Page, "messages" | "lines"> {
  const last = messages.length - 1;
  const kept = aroundSeq !== undefined ? aroundSeq - newestSeq + last : afterSeq !== undefined ? 0 : last;
  let from = Math.max(0, Math.min(kept, last));
  let to = from;
  let left = HISTORY_BYTES_MAX;
  const takes = (index: number) => {
    const message = messages[index];
    if (message === undefined) return false;
    left -= Buffer.byteLength(message);
    // One message always goes.
    return left >= 0 || to === from;
  };
  for (let taken = -1; taken < to - from; ) {
    taken = to - from;
    if (takes(to)) to++;
    if (takes(from - 1)) from--;
  }
  if (to - from === messages.length) return { messages, lines };
  const firstSeq = newestSeq - last + from;
  const lastSeq = newestSeq - last + to - 1;
  return { messages: messages.slice(from, to), lines: lines.filter((line) => isAmong(line, firstSeq, lastSeq)) };
}

function isAmong(text: string, firstSeq: number, lastSeq: number): boolean {
  const { after_seq }: Line = JSON.parse(text);
  return after_seq >= firstSeq && after_seq <= lastSeq;
}
