import type { z } from "zod";
import {
  activityFrame,
  conversationFrame,
  hiddenFrame,
  resetFrame,
  subscribedFrame,
  subscribeFrame,
  unsubscribedFrame,
  unsubscribeFrame,
} from "./conversations.ts";
import { meFrame, meResetFrame } from "./me.ts";
import { participantsFrame } from "./members.ts";
import {
  ackFrame,
  askHistoryFrame,
  deleteFrame,
  editFrame,
  historyFrame,
  messageChangedFrame,
  messageFrame,
  prunedFrame,
  sendFrame,
} from "./messages.ts";
import { pinFrame } from "./pins.ts";
import { voteFrame } from "./polls.ts";
import { presenceFrame, unwatchFrame, watchFrame } from "./presence.ts";
import { reactFrame } from "./reactions.ts";
import { markReadFrame, readFrame, readPositionFrame } from "./reading.ts";
import { requestEndedFrame, requestFrame } from "./requests.ts";
import { connectionEstablishedFrame, epochFrame, errorFrame, pingFrame, pongFrame } from "./sockets.ts";
import { setTypingFrame, typingFrame } from "./typing.ts";
import { userFrame } from "./users.ts";

/** The largest frame. A larger one closes the socket with 1009. */
export const FRAME_BYTES_MAX = 64 * 1024;

/** The frames that a client may send, by `type`. A frame without a `type` is a message. Unknown fields are ignored. */
export const clientFrames = {
  message: sendFrame,
  typing: setTypingFrame,
  read: markReadFrame,
  edit: editFrame,
  delete: deleteFrame,
  react: reactFrame,
  history: askHistoryFrame,
  pin: pinFrame,
  vote: voteFrame,
  ping: pingFrame,
  subscribe: subscribeFrame,
  unsubscribe: unsubscribeFrame,
  watch: watchFrame,
  unwatch: unwatchFrame,
} as const;

export type ClientFrameType = keyof typeof clientFrames;
export type ClientFrame<T extends ClientFrameType = ClientFrameType> = z.infer<(typeof clientFrames)[T]>;

/**
 * The frames that the server sends, by `type`. A frame about a conversation carries its id, on both kinds of socket.
 * The types and the API documents are made from these schemas. The server does not check what it sends.
 *
 * The rule of the cursor: a frame with `conversation_id` and a `version` of its own, other than `ack`, is a change. It
 * moves the client's cursor to that version, whether or not the client knows its type. No other frame may have a
 * `version`. The user's own stream has a cursor of its own, `me_version`.
 */
export const serverFrames = {
  connection_established: connectionEstablishedFrame,
  message: messageFrame,
  message_changed: messageChangedFrame,
  participants: participantsFrame,
  ack: ackFrame,
  typing: typingFrame,
  read: readFrame,
  read_position: readPositionFrame,
  history: historyFrame,
  pong: pongFrame,
  reset: resetFrame,
  pruned: prunedFrame,
  epoch: epochFrame,
  subscribed: subscribedFrame,
  unsubscribed: unsubscribedFrame,
  conversation: conversationFrame,
  activity: activityFrame,
  presence: presenceFrame,
  user: userFrame,
  request: requestFrame,
  request_ended: requestEndedFrame,
  hidden: hiddenFrame,
  me: meFrame,
  me_reset: meResetFrame,
  error: errorFrame,
} as const;

export type ServerFrame = z.infer<(typeof serverFrames)[keyof typeof serverFrames]>;

/**
 * Frames that only exist on `/ws/`, where the client chooses its conversations. All others exist on both kinds of
 * socket.
 */
export const userSocketOnly: ReadonlySet<string> = new Set(
  [...Object.entries(clientFrames), ...Object.entries(serverFrames)]
    .filter(([, schema]) => schema.meta()?.["userSocketOnly"])
    .map(([type]) => type),
);

/** Encodes a frame. This is the one place where a frame becomes bytes: every socket gets this text. */
export const encode = (frame: ServerFrame): string => JSON.stringify(frame);
