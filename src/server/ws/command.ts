import type { ClientFrame, ClientFrameType } from "../../protocol/frames.ts";
import type { ClientSocket } from "./socket.ts";

/** The handler of the client frame with type `T`. `protocol/frames.ts` has the frame's fields. */
export interface Command<T extends ClientFrameType> {
  /** The frame is about no conversation, so `run` gets an empty `conversationId`. */
  isGeneral?: true;
  /**
   * The command runs even if its socket has closed meanwhile: a message that was sent counts. It MUST NOT register
   * anything for such a socket, because nothing would remove the entry.
   */
  outlivesSocket?: true;
  /** The limit that the frame counts for. Left out: `frames`. */
  limit?: "sends";
  /**
   * Does what the frame asks.
   * @param conversationId the conversation that the frame is about
   * @param fail answers a fault that comes after `run` has ended
   * @returns a promise that makes the socket's next frame wait
   * @throws Failure which is answered with an `error` frame
   */
  run(
    socket: ClientSocket,
    frame: ClientFrame<T>,
    conversationId: string,
    fail: (error: unknown) => void,
  ): Promise<void> | void;
}

/** The command of every client frame. */
export type Commands = { readonly [T in ClientFrameType]: Command<T> };
