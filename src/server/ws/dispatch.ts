import { codePoints } from "../../protocol/content.ts";
import { type ClientFrame, type ClientFrameType, clientFrames, encode, userSocketOnly } from "../../protocol/frames.ts";
import { parseUuid } from "../../protocol/text.ts";
import { errorToLog, Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import type { Limits } from "../limits/limits.ts";
import type { Commands } from "./command.ts";
import type { ClientSocket } from "./socket.ts";

/**
 * Reads the frames that clients send, checks them by the tables of frames and commands, and runs the command of each.
 */
export class Dispatcher {
  constructor(
    private readonly commands: Commands,
    private readonly limits: Pick<Limits, "sends" | "frames">,
    private readonly meter: Meter,
    private readonly logger: Logger,
  ) {}

  /**
   * Handles one frame as it came from the socket. A fault is answered with an `error` frame.
   * @returns a promise that makes the socket's next frame wait
   */
  handle(socket: ClientSocket, raw: string | Buffer): Promise<void> | undefined {
    const frame = parseObject(raw);
    const type = frame && typeOf(frame, socket);
    if (frame === undefined || type === undefined) {
      this.answerError(socket, new Failure(frame ? "unknown_frame_type" : "invalid_frame"), frame ?? {});
      socket.countBadFrame();
      return undefined;
    }
    const limiter = this.limits[this.commands[type].limit ?? "frames"];
    if (!limiter) return this.run(socket, type, frame);
    return limiter.hit(String(socket.actor.userId)).then(
      () => this.run(socket, type, frame),
      (error: unknown) => {
        this.answerError(socket, error, frame);
        socket.countThrottled();
      },
    );
  }

  private run<T extends ClientFrameType>(socket: ClientSocket, type: T, frame: object) {
    const command = this.commands[type];
    const fail = (error: unknown) => this.answerError(socket, error, frame);
    // The socket may have closed while its frame waited. Nothing may be registered for it then.
    if (socket.isSentAway || (socket.isClosed && !command.outlivesSocket)) return undefined;
    try {
      const parsed = clientFrames[type].safeParse(frame);
      if (!parsed.success) throw faultOf(parsed.error.issues);
      const data = parsed.data as ClientFrame<T>;
      const conversationId = socket.conversationId ?? data.conversation_id;
      if (conversationId === undefined && !command.isGeneral)
        throw new Failure("validation_failed", { message: "conversation_id: This field is required." });
      return command.run(socket, data, conversationId ?? "", fail)?.catch(fail);
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  /**
   * Answers that nothing was done, and why. An error that is no Failure is the server's own: it is logged, and clients
   * get no detail.
   */
  private answerError(socket: ClientSocket, error: unknown, frame: object): void {
    const failure = error instanceof Failure ? error : new Failure("internal");
    const fault = errorToLog(error);
    if (fault !== undefined) this.logger.error({ err: fault, user_id: socket.actor.userId }, "a frame failed");
    const { code, retryAfter, lastSeq } = failure;
    if (failure.status >= 500) this.meter.frameErrors++;
    const asked = "conversation_id" in frame && typeof frame.conversation_id === "string" ? frame.conversation_id : "";
    socket.send(
      encode({
        type: "error",
        message: messageOf(failure),
        code,
        conversation_id: socket.conversationId ?? parseUuid(asked),
        client_id: echoOf(frame, "client_id"),
        ref: echoOf(frame, "ref"),
        retry_after: retryAfter,
        last_seq: lastSeq,
      }),
    );
  }
}

/** The frame's object; `undefined` when the text is not the JSON of one. Binary frames hold none. */
function parseObject(raw: string | Buffer): object | undefined {
  if (typeof raw !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The frame's type, when it is one that this kind of socket has. */
function typeOf(frame: object, socket: ClientSocket): ClientFrameType | undefined {
  const type = "type" in frame && frame.type !== undefined ? frame.type : "message";
  if (typeof type !== "string" || !isFrameType(type)) return undefined;
  return userSocketOnly.has(type) && !socket.isUserSocket ? undefined : type;
}

const isFrameType = (type: string): type is ClientFrameType => Object.hasOwn(clientFrames, type);

/**
 * The first fault as one text. It names the field, but for `content` and `ref`, whose texts the contract fixes as they
 * are.
 */
function faultOf(issues: { path: PropertyKey[]; message: string }[]): Failure {
  const issue = issues.find(({ path }) => path[0] === "content") ?? issues[0];
  return new Failure("validation_failed", issue ? { message: textOf(issue.path.join("."), issue.message) } : {});
}

const textOf = (field: string, text: string) => (field === "content" || field === "ref" ? text : `${field}: ${text}`);

/** The text of a failure. A fault that a service found in a field has the form of those that the schemas find. */
function messageOf({ message, errors }: Failure): string {
  for (const [field, [text]] of Object.entries(errors ?? {})) if (text !== undefined) return textOf(field, text);
  return message;
}

/** A field of the client's frame to send back. A value that no client may send is left out. */
function echoOf(frame: object, field: "client_id" | "ref"): string | undefined {
  const value: unknown = field in frame ? (frame as Record<string, unknown>)[field] : undefined;
  return typeof value === "string" && codePoints(value) <= 64 ? value : undefined;
}
