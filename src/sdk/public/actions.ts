import type { ChatMessage } from "./conversation.ts";
import type { MessageFields } from "./message-fields.ts";

/** Something that the user does, beside sending: it shows at once, and goes out when it can. */
export interface Action {
  /** The feature's name of it, such as `react`. */
  readonly kind: string;
  /**
   * With `kind` and `message`, this names what is set. A newer action of the same name replaces one that has not gone
   * out, so that on, off and on again are one request. Default: an empty string.
   */
  readonly key?: string;
  /** The message, or its id. A message that waits to be sent goes out first. */
  readonly message?: ChatMessage | string;
  /** The frame to send. The client adds `conversation_id`, and `message_id` when there is a message. */
  readonly frame?: { readonly type: string } & Readonly<Record<string, unknown>>;
  /** The call to make instead of a frame. `{message_id}` in the path stands for the id of the message. */
  readonly request?: { readonly method: string; readonly path: string; readonly body?: object };
  /** Default: true. `false` keeps it out of the storage, where a text would stay readable after the session has ended. */
  readonly isStored?: boolean;
  /**
   * Returns the fields of the message as they will be. It gets the newest state of the server, again after each change,
   * until the server has the action. It must give the same when it is already done.
   */
  apply?(message: ChatMessage, userId: number): MessageFields;
}

/** An action that is on its way. */
export interface PendingAction {
  /**
   * Resolves with the server's answer: the `ack`, or the `data` of the call. Rejects when the server has refused it; then
   * it is taken back. The outcome of an action that a newer one replaces is that of the newer one. You may ignore it.
   */
  readonly done: Promise<unknown>;
}
