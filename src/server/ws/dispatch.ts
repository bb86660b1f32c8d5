import { codePoints } from "../../protocol/content.ts";
import { type ClientFrame, type ClientFrameType, clientFrames, encode, userSocketOnly } from "../../protocol/frames.ts";
import { encodeHistory, type Message } from "../../protocol/messages.ts";
import { parseUuid } from "../../protocol/text.ts";
import { errorToLog, Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import type { Messages } from "../features/messages/service.ts";
import type { Typing } from "../features/typing/service.ts";
import type { Limits } from "../limits/limits.ts";
import type { ConversationStore } from "../log/ports.ts";
import type { SocketPlaces } from "../places/places.ts";
import type { Hub } from "./hub.ts";
import type { ClientSocket } from "./socket.ts";

export interface Services {
  hub: Hub;
  messages: Messages;
  conversations: ConversationStore;
  typing: Typing;
  places: SocketPlaces;
  limits: Limits;
  meter: Meter;
  logger: Logger;
}

/** Sends of one socket that may wait for their commit at once. */
const SENDS_IN_FLIGHT = 256;
/** A history frame must fit through a slow reader: beyond this the page gets shorter, and the client asks on. */
const HISTORY_BYTES_MAX = 256 * 1024;

interface Command<T extends ClientFrameType> {
  /** It is about no conversation. */
  isGeneral?: true;
  /** It is done also for who has left meanwhile: it is no matter of the socket. MUST NOT enter anything for it. */
  outlivesSocket?: true;
  /**
   * Does what the frame asks, in the conversation it is about. A returned promise makes the socket's next frame
   * wait. A Failure that is thrown is answered with an `error` frame.
   */
  run(services: Services, socket: ClientSocket, frame: ClientFrame<T>, conversationId: string): Promise<void> | void;
}

/** What each client frame does; protocol/frames.ts says what it may hold. */
const commands: { [T in ClientFrameType]: Command<T> } = {
  message: {
    outlivesSocket: true,
    run(services, socket, frame, conversationId) {
      const { content, client_id, ref } = frame;
      const sending = services.messages.send({
        conversationId,
        senderId: socket.actor.userId,
        content,
        clientId: client_id,
      });
      socket.startSend();
      sending
        .then(
          ({ message: { id, seq, version } }) => {
            if (client_id === undefined && ref === undefined) return;
            socket.send(encode({ type: "ack", conversation_id: conversationId, client_id, ref, id, seq, version }));
          },
          (error: unknown) => answerError(services, socket, error, frame),
        )
        .finally(() => socket.endSend());
      // The answer is not waited for: sends of one socket share a commit, and the log keeps their order.
      return socket.sendSlot(SENDS_IN_FLIGHT);
    },
  },
  typing: {
    run({ typing }, socket, frame, conversationId) {
      const subscription = socket.subscriptions.get(conversationId);
      if (!subscription) throw new Failure("not_subscribed");
      typing.set(conversationId, socket.actor, socket, frame.is_typing, subscription.room.participantCount);
    },
  },
  read: {
    outlivesSocket: true,
    run: ({ messages }, socket, frame, conversationId) => messages.markRead(conversationId, socket.actor, frame.seq),
  },
  edit: {
    outlivesSocket: true,
    async run({ messages }, socket, frame, conversationId) {
      const edited = await messages.edit(conversationId, socket.actor.userId, frame.message_id, frame.content);
      acknowledge(socket, frame, edited);
    },
  },
  delete: {
    outlivesSocket: true,
    async run({ messages }, socket, frame, conversationId) {
      acknowledge(socket, frame, await messages.remove(conversationId, socket.actor.userId, frame.message_id));
    },
  },
  history: {
    async run({ messages }, socket, { ref, before_seq: beforeSeq, limit }, conversationId) {
      const page = await messages.page(conversationId, socket.actor, { limit, beforeSeq, markRead: false });
      const fitting = newestThatFit(page.messages, HISTORY_BYTES_MAX);
      await socket.writable();
      socket.send(encodeHistory(conversationId, ref, { ...page, messages: fitting }));
    },
  },
  ping: {
    isGeneral: true,
    run(_, socket, { ref }) {
      socket.send(encode({ type: "pong", conversation_id: socket.conversationId, ref }));
    },
  },
  subscribe: {
    async run({ hub, conversations }, socket, { ref, after_version, tag }, conversationId) {
      const earlier = socket.subscriptions.get(conversationId);
      if (earlier) hub.leave(earlier);
      const subscription = hub.enter(socket, conversationId);
      hub.watching.setActivity(socket, conversationId, false);
      try {
        const cursor = after_version === undefined ? undefined : { version: after_version, tag: tag ?? undefined };
        await subscription.join(conversations, cursor, ({ readSeq, epoch }, room) =>
          socket.send(
            encode({
              type: "subscribed",
              conversation_id: conversationId,
              ref,
              last_seq: room.lastSeq,
              last_version: room.delivered,
              tag: room.tag,
              pruned_seq: room.prunedSeq,
              epoch,
              read_seq: readSeq,
            }),
          ),
        );
      } catch (error) {
        hub.leave(subscription);
        hub.watching.setActivity(socket, conversationId, true);
        throw error;
      }
    },
  },
  unsubscribe: {
    run({ hub, typing }, socket, { ref }, conversationId) {
      const subscription = socket.subscriptions.get(conversationId);
      if (!subscription) throw new Failure("not_subscribed");
      hub.leave(subscription);
      hub.watching.setActivity(socket, conversationId, true);
      typing.left(conversationId, socket.actor, socket);
      socket.send(encode({ type: "unsubscribed", conversation_id: conversationId, ref, code: "unsubscribed" }));
    },
  },
  watch: {
    isGeneral: true,
    async run({ hub }, socket, { ref, user_ids }) {
      await socket.writable();
      await hub.presence.watch(socket, user_ids, ref);
    },
  },
  unwatch: {
    isGeneral: true,
    run: ({ hub }, socket, { user_ids }) => hub.presence.unwatch(socket, user_ids),
  },
};

/** Takes one frame as it came; answers faults with an `error` frame. */
export function handleFrame(services: Services, socket: ClientSocket, raw: string | Buffer): Promise<void> | undefined {
  let frame: object;
  try {
    frame = parseObject(raw);
  } catch (error) {
    answerError(services, socket, error, {});
    socket.countBadFrame();
    return undefined;
  }
  const type = "type" in frame && frame.type !== undefined ? frame.type : "message";
  if (typeof type !== "string" || !isFrameType(type) || (userSocketOnly.has(type) && !socket.isUserSocket)) {
    answerError(services, socket, new Failure("unknown_frame_type"), frame);
    socket.countBadFrame();
    return undefined;
  }
  const limiter = type === "message" ? services.limits.sends : services.limits.frames;
  if (!limiter) return runCommand(services, socket, type, frame);
  return limiter.hit(String(socket.actor.userId)).then(
    () => runCommand(services, socket, type, frame),
    (error: unknown) => {
      answerError(services, socket, error, frame);
      socket.countThrottled();
    },
  );
}

function runCommand<T extends ClientFrameType>(services: Services, socket: ClientSocket, type: T, frame: object) {
  const fail = (error: unknown) => answerError(services, socket, error, frame);
  // It may have gone while its frame waited: nothing must be entered for it any more.
  if (socket.isSentAway || (socket.isClosed && !commands[type].outlivesSocket)) return undefined;
  try {
    const parsed = clientFrames[type].safeParse(frame);
    if (!parsed.success) throw faultOf(parsed.error.issues);
    const data = parsed.data as ClientFrame<T>;
    const conversationId = socket.conversationId ?? data.conversation_id;
    if (conversationId === undefined && !commands[type].isGeneral)
      throw new Failure("validation_failed", { message: "conversation_id: This field is required." });
    return commands[type].run(services, socket, data, conversationId ?? "")?.catch(fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
}

const isFrameType = (type: string): type is ClientFrameType => Object.hasOwn(commands, type);

function parseObject(raw: string | Buffer): object {
  let value: unknown;
  try {
    value = typeof raw === "string" ? JSON.parse(raw) : undefined;
  } catch {
    throw new Failure("invalid_frame");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Failure("invalid_frame");
  return value;
}

/** The first fault as one text. A content's texts are the contract's and stand alone; others name their field. */
function faultOf(issues: { path: PropertyKey[]; message: string }[]): Failure {
  const [issue] = issues;
  const field = issue?.path.join(".") ?? "";
  const message = field === "content" || field === "ref" ? issue?.message : `${field}: ${issue?.message}`;
  return new Failure("validation_failed", message === undefined ? {} : { message });
}

function acknowledge(socket: ClientSocket, frame: { ref?: string | undefined }, message: Message) {
  if (frame.ref === undefined) return;
  const { id, seq, version, conversation_id } = message;
  socket.send(encode({ type: "ack", conversation_id, ref: frame.ref, id, seq, version }));
}

/** Says that nothing was done, and why. What is no Failure is a fault of ours: logged, and told without detail. */
function answerError({ logger, meter }: Services, socket: ClientSocket, error: unknown, frame: object): void {
  const failure = error instanceof Failure ? error : new Failure("internal");
  const fault = errorToLog(error);
  if (fault !== undefined) logger.error({ err: fault, user_id: socket.actor.userId }, "a frame failed");
  const { message, code, retryAfter } = failure;
  if (failure.status >= 500) meter.frameErrors++;
  const asked = "conversation_id" in frame && typeof frame.conversation_id === "string" ? frame.conversation_id : "";
  socket.send(
    encode({
      type: "error",
      message,
      code,
      conversation_id: socket.conversationId ?? parseUuid(asked),
      client_id: echo(frame, "client_id"),
      ref: echo(frame, "ref"),
      retry_after: retryAfter,
    }),
  );
}

/** A field of the client's frame, when it is one that could have been meant. */
function echo(frame: object, field: "client_id" | "ref"): string | undefined {
  const value: unknown = field in frame ? (frame as Record<string, unknown>)[field] : undefined;
  return typeof value === "string" && codePoints(value) <= 64 ? value : undefined;
}

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
